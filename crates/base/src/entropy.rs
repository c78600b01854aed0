//! Chance as a port: ids and jitter are drawn here, so that a seed replays a run (rule D1).

use crate::Uuid;

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// A random number.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    /// A random UUID that Kafka, too, could have drawn.
    fn uuid(&self) -> Uuid {
        loop {
            let mut bits = [0; 16];
            self.fill(&mut bits);
            if let Some(id) = Uuid::random_from(bits) {
                return id;
            }
        }
    }
}
