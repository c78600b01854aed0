//! Round robin: all partitions, by topic and number, are dealt out to the members in turn; who does not want a topic is
//! passed over.

use super::{Assignment, Member, Topics, nothing};
use crate::topic_partition::TopicPartition;

pub(super) fn assign(topics: &Topics, members: &[&Member]) -> Assignment {
    let mut assignment = nothing(members);
    let mut turn = 0;
    for (topic, partitions) in topics {
        for partition in 0..partitions.len() {
            let candidates = (0..members.len()).map(|step| (turn + step) % members.len());
            let Some(chosen) = candidates.clone().find(|&index| members[index].wants(topic)) else { break };
            turn = chosen + 1;
            let assigned = assignment.entry(members[chosen].id.clone()).or_default();
            assigned.push(TopicPartition::new(topic.clone(), partition as i32));
        }
    }
    assignment
}
