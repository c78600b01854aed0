//! How small a topic's records become when they are packed, as seen so far: so much more of them goes into a batch. It is a
//! guess for the next batch, told apart per topic, for a producer has one codec.

use std::sync::atomic::{AtomicU32, Ordering};

use jackdaw_protocol::records::BATCH_OVERHEAD;

/// A batch that was packed better than guessed moves the guess by this much: a few small batches say little.
const STEP_DOWN: f32 = 0.005;
/// A batch that was packed worse moves it by this much, or to what was seen, if that is further.
const STEP_UP: f32 = 0.05;
/// The guess is taken for so much worse than it is.
const CAUTION: f32 = 1.05;
/// Below this share a guess says nothing: a batch of a million zeros is no reason to wait for a billion.
const SHARE_MIN: f32 = 0.01;

/// What is guessed of one topic: packed bytes per unpacked byte.
pub(super) struct Packing(AtomicU32);

impl Packing {
    /// As if nothing could be packed.
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(1_f32.to_bits()))
    }

    fn share(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }

    // Two threads at once: one of their steps is lost, which the next batch makes up for.
    fn set(&self, share: f32) {
        self.0.store(share.clamp(SHARE_MIN, 1.0).to_bits(), Ordering::Relaxed);
    }

    /// A batch was packed.
    pub(super) fn observe(&self, unpacked_bytes: usize, packed_bytes: usize) {
        if unpacked_bytes == 0 {
            return;
        }
        let seen = packed_bytes as f32 / unpacked_bytes as f32;
        let guess = self.share();
        self.set(if seen > guess { (guess + STEP_UP).max(seen) } else { (guess - STEP_DOWN).max(seen) });
    }

    /// A broker has found a batch too large: the guess was, too.
    pub(super) fn start_again(&self) {
        self.set(1.0);
    }

    /// How many unpacked bytes probably fit into a batch of `batch_bytes`.
    pub(super) fn unpacked_max(&self, batch_bytes: usize) -> usize {
        let room = batch_bytes.saturating_sub(BATCH_OVERHEAD);
        let share = self.share() * CAUTION;
        if share >= 1.0 { room } else { (room as f32 / share) as usize }
    }
}

#[cfg(test)]
mod tests;
