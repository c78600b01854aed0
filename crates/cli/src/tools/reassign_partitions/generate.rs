//! `--generate`: a plan that spreads the copies of topics over brokers. Nothing is changed.

use std::collections::BTreeMap;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::Admin;

use super::placement::{Candidate, Start, spread};
use super::{Assignment, assignment_of, file, moves, plan, unexpected};
use crate::failure::Failure;
use crate::flags::Options;
use crate::out;
use crate::outcome::{Done, Outcome};

pub(super) async fn generate(admin: &Admin, options: &Options) -> Outcome {
    let wanted = plan::brokers(options.required("broker-list")?)?;
    let topics = plan::topics(&file(options, "topics-to-move-json-file")?)?;
    let current = assignment_of(admin, &topics).await?;
    let brokers = candidates(admin, &wanted, !options.has("disable-rack-aware")).await?;
    let mut by_topic: BTreeMap<&str, Vec<&Vec<i32>>> = BTreeMap::new();
    for (partition, replicas) in &current {
        by_topic.entry(&partition.topic).or_default().push(replicas);
    }
    let mut proposed = Assignment::new();
    for (topic, partitions) in by_topic {
        let copies = partitions.first().map_or(0, |replicas| replicas.len());
        let spread = spread(&brokers, partitions.len(), copies, start()?).map_err(unexpected)?;
        let numbered = (0..).zip(spread);
        proposed.extend(numbered.map(|(id, replicas)| (TopicPartition::new(topic, id), replicas)));
    }
    out::print(&format!(
        "Current partition replica assignment\n{}\n\nProposed partition reassignment configuration\n{}\n",
        plan::shown(&current, &moves::current(admin, &current).await?),
        plan::shown(&proposed, &BTreeMap::new())
    ))?;
    Ok(Done::Well)
}

/// Those of the brokers that there are, with their racks if these count.
async fn candidates(admin: &Admin, wanted: &[i32], has_racks: bool) -> Result<Vec<Candidate>, Failure> {
    let found = admin.describe_cluster().await?.brokers;
    let found = found.into_iter().filter(|broker| wanted.contains(&broker.id));
    let candidates: Vec<Candidate> =
        found.map(|broker| Candidate { id: broker.id, rack: broker.rack.filter(|_| has_racks) }).collect();
    let without = candidates.iter().filter(|candidate| candidate.rack.is_none()).count();
    if without != 0 && without != candidates.len() {
        return Err(unexpected(
            "Not all brokers have rack information. Add --disable-rack-aware in command line to make replica assignment without rack information.",
        ));
    }
    Ok(candidates)
}

/// Two numbers by chance, so that not every topic begins at the same broker.
fn start() -> Result<Start, Failure> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| Failure::message(error.to_string()))?;
    let number = |low, high| usize::from(u16::from_le_bytes([low, high]));
    Ok(Start { first: number(bytes[0], bytes[1]), shift: number(bytes[2], bytes[3]) })
}
