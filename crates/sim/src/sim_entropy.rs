//! Entropy from a seed.

use jackdaw_base::Entropy;
use parking_lot::Mutex;

use crate::Random;

/// Random bytes that are the same for the same seed and the same order of calls.
#[derive(Debug)]
pub struct SimEntropy(Mutex<Random>);

impl SimEntropy {
    /// The entropy of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(Random::new(seed)))
    }
}

impl Entropy for SimEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().fill(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_ids_and_another_one_draws_others() {
        let draw = |seed| {
            let entropy = SimEntropy::new(seed);
            [entropy.uuid(), entropy.uuid()]
        };
        assert_eq!(draw(7), draw(7));
        assert!(draw(7)[0] != draw(7)[1] && draw(7)[0] != draw(8)[0]);
    }
}
