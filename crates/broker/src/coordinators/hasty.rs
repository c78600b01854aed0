//! Members with the consumer protocol that give up waiting: for them an answer takes too long on its way, so it has to
//! leave earlier, or at once. librdkafka then says everything anew on another connection, which is how it is seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_base::MonotonicNs;
use parking_lot::Mutex;

/// Who says everything anew a second time within this time has given up; once alone follows any loss of a connection.
const REPEATED_WITHIN_MS: u64 = 10_000;
/// What was learned is forgotten so long after a member has given up last.
const FORGOTTEN_AFTER_MS: u64 = 600_000;
/// Members that are remembered. Where there are more, all are learned anew.
const MEMBERS_MAX: usize = 10_000;
/// Longer names are not remembered: clients make ids of some tens of bytes.
const NAMES_BYTES_MAX: usize = 512;

/// A group and a member of it.
type Key = (Arc<str>, Arc<str>);

#[derive(Clone, Copy)]
struct Seen {
    last: MonotonicNs,
    times: u32,
}

/// The members that give up, and how often they have.
#[derive(Default)]
pub(super) struct HastyMembers {
    seen: Mutex<BTreeMap<Key, Seen>>,
}

impl HastyMembers {
    /// A member says everything anew.
    pub(super) fn note(&self, group: &str, member: &str, now: MonotonicNs) {
        if group.len() + member.len() > NAMES_BYTES_MAX {
            return;
        }
        let mut seen = self.seen.lock();
        if seen.len() >= MEMBERS_MAX {
            seen.retain(|_, one| now.since_ns(one.last) < FORGOTTEN_AFTER_MS * 1_000_000);
        }
        if seen.len() >= MEMBERS_MAX {
            seen.clear();
        }
        let one = seen.entry((group.into(), member.into())).or_insert(Seen { last: now, times: 0 });
        let since_ns = now.since_ns(one.last);
        if since_ns > 0 && since_ns < REPEATED_WITHIN_MS * 1_000_000 {
            one.times += 1;
        }
        one.last = now;
    }

    /// How often a member has given up lately.
    pub(super) fn times(&self, group: &str, member: &str, now: MonotonicNs) -> u32 {
        let seen = self.seen.lock();
        if seen.is_empty() {
            return 0;
        }
        let one = seen.get(&(group.into(), member.into()));
        one.filter(|one| now.since_ns(one.last) < FORGOTTEN_AFTER_MS * 1_000_000).map_or(0, |one| one.times)
    }
}

#[cfg(test)]
mod tests;
