//! The partition of records without a key (KIP-480, KIP-794): one for as long as it takes to fill a batch, the next one chosen
//! by chance, more likely where less waits. Pure: load and chance are arguments.

/// How one partition stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Load {
    /// How many batches wait; counts only if the choice is adaptive.
    pub(super) batches: u32,
    /// Whether it has a leader that takes records.
    pub(super) is_available: bool,
}

/// The choice of one topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Sticky {
    current: Option<i32>,
    produced_bytes: usize,
}

impl Sticky {
    /// The partition to fill now, if it may still be filled.
    #[inline]
    pub(super) fn current(&self, batch_bytes: usize) -> Option<i32> {
        self.current.filter(|_| self.produced_bytes < batch_bytes)
    }

    /// Notes what went into the current partition.
    #[inline]
    pub(super) fn produced(&mut self, partition: i32, bytes: usize) {
        if self.current == Some(partition) {
            self.produced_bytes = self.produced_bytes.saturating_add(bytes);
        }
    }

    /// Chooses the next partition.
    pub(super) fn turn(&mut self, loads: &[Load], chance: u64) -> i32 {
        let partition = choose(loads, chance);
        *self = Self { current: Some(partition), produced_bytes: 0 };
        partition
    }
}

/// By chance, in proportion to how much less waits than at the busiest. If no partition is available all are.
fn choose(loads: &[Load], chance: u64) -> i32 {
    let any_available = loads.iter().any(|load| load.is_available);
    let candidates = || loads.iter().filter(|load| load.is_available || !any_available);
    let busiest = candidates().map(|load| u64::from(load.batches)).max().unwrap_or(0);
    let weight = |load: &Load| {
        if load.is_available || !any_available { busiest + 1 - u64::from(load.batches) } else { 0 }
    };
    let total: u64 = loads.iter().map(weight).sum();
    // Multiplied rather than divided: the upper bits of the chance decide, without bias worth mentioning.
    let mut drawn = ((u128::from(chance) * u128::from(total)) >> 64) as u64;
    for (index, load) in (0..).zip(loads) {
        let weight = weight(load);
        if drawn < weight {
            return index;
        }
        drawn -= weight;
    }
    0
}

#[cfg(test)]
mod tests;
