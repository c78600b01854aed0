//! The assignor `range`: each topic is cut into as many ranges as it has readers. Static members come first, so that
//! they keep their ranges when others come and go.

use std::collections::BTreeMap;

use jackdaw_base::Uuid;

use super::{PartitionCounts, Partitions, Subscriber};

/// A topic that is being cut.
struct Cut {
    count: i32,
    readers: i32,
    /// How many readers have their range.
    served: i32,
    next: i32,
}

impl Cut {
    fn next_range(&mut self) -> Vec<i32> {
        let longer = self.count % self.readers;
        let size = self.count / self.readers + i32::from(self.served < longer);
        self.served += 1;
        let start = self.next;
        self.next += size;
        (start..self.next).collect()
    }
}

pub(super) fn assign(members: &[Subscriber<'_>], counts: &PartitionCounts) -> Vec<Partitions> {
    let mut cuts: BTreeMap<Uuid, Cut> = BTreeMap::new();
    for topic in members.iter().flat_map(|member| member.topics) {
        let count = counts.get(topic).copied().unwrap_or(0);
        cuts.entry(*topic).or_insert(Cut { count, readers: 0, served: 0, next: 0 }).readers += 1;
    }
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&index| {
        let member = &members[index];
        (member.instance.is_none(), member.instance, member.member)
    });
    let mut assignments = vec![Partitions::new(); members.len()];
    for index in order {
        for topic in members[index].topics {
            let range = cuts.get_mut(topic).map(Cut::next_range).unwrap_or_default();
            if !range.is_empty() {
                assignments[index].insert(*topic, range);
            }
        }
    }
    assignments
}
