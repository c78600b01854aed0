//! What survives a power cut of all that was not synced: everything, nothing, or a random part.

use crate::Random;

/// What becomes of one unsynced page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Lost,
    Kept,
    /// Some sectors of it are old, some are new.
    Torn,
}

/// How a power cut treats what was not synced. Extremes come up often, because most bugs show there.
#[derive(Debug)]
pub(super) struct Loss {
    random: Random,
    /// Of 16 changes, so many are kept.
    kept_of_16: u64,
    tears: bool,
    order: NameOrder,
    name_lost_before: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum NameOrder {
    /// As a journal does it: up to some change all are kept, behind it none.
    Journal,
    /// As POSIX allows it: any of them.
    Any,
}

impl Loss {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let kept_of_16 = match random.below(8) {
            0 | 1 => 0,
            2 => 16,
            _ => 1 + random.below(15),
        };
        let order = if random.chance(1, 2) { NameOrder::Journal } else { NameOrder::Any };
        let tears = random.chance(1, 2);
        Self { random, kept_of_16, tears, order, name_lost_before: false }
    }

    /// Whether one change is kept.
    pub(super) fn keeps(&mut self) -> bool {
        self.random.chance(self.kept_of_16, 16)
    }

    /// Whether the next unsynced change of names is kept; they are asked for in the order in which they were made.
    pub(super) fn keeps_name(&mut self) -> bool {
        let keeps = self.keeps() && !(self.order == NameOrder::Journal && self.name_lost_before);
        self.name_lost_before |= !keeps;
        keeps
    }

    pub(super) fn fate(&mut self) -> Fate {
        let in_between = self.kept_of_16 > 0 && self.kept_of_16 < 16;
        if in_between && self.tears && self.random.chance(1, 3) {
            return Fate::Torn;
        }
        if self.keeps() { Fate::Kept } else { Fate::Lost }
    }

    /// The length of a file that was `device` long when it was synced and has grown to `cache` since.
    pub(super) fn size(&mut self, device: u64, cache: u64) -> u64 {
        match (self.keeps(), self.random.chance(1, 2)) {
            _ if self.kept_of_16 == 0 => device,
            _ if self.kept_of_16 == 16 => cache,
            (_, true) => device + self.random.below(cache.saturating_sub(device) + 1),
            (true, false) => cache,
            (false, false) => device,
        }
    }
}
