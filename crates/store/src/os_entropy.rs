//! The operating system's random numbers. The one place that asks for them (rule A2).

use jackdaw_base::Entropy;

/// Random bytes from the kernel.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// # Panics
    /// If the kernel has no random numbers, which on Linux means that it forbids the call: ids that are not
    /// random would be worse than stopping.
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gives no random bytes: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(OsEntropy.uuid(), OsEntropy.uuid());
    }
}
