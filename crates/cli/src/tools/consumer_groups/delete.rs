//! Groups are deleted whole, or their offsets for topics.

use std::collections::BTreeMap;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::Admin;

use super::chosen;
use crate::connect::words;
use crate::failure::Failure;
use crate::flags::Options;
use crate::offsets::topic_partitions;
use crate::out::{self, Wide};
use crate::outcome::{Done, Outcome};

pub(super) async fn groups(admin: &Admin, options: &Options) -> Outcome {
    let names = chosen(admin, options).await?;
    let (mut deleted, mut failed) = (Vec::new(), Vec::new());
    for (name, result) in admin.delete_groups(names).await {
        match result {
            Ok(()) => deleted.push(name),
            Err(error) => failed.push((name, error)),
        }
    }
    let mut text = String::new();
    if failed.is_empty() {
        text =
            format!("Deletion of requested consumer groups ('{}') was successful.\n", deleted.join("', '"));
    } else {
        text.push_str("\nError: Deletion of some consumer groups failed:\n");
        for (name, error) in &failed {
            text.push_str(&format!("* Group '{name}' could not be deleted due to: {}\n", words(error)));
        }
        if !deleted.is_empty() {
            let names = deleted.join("', '");
            text.push_str(&format!("\nThese consumer groups were deleted successfully: '{names}'\n"));
        }
    }
    out::print(&text)?;
    Ok(Done::Well)
}

pub(super) async fn offsets(admin: &Admin, options: &Options) -> Outcome {
    let group = options.required("group")?;
    let (whole, mut partitions) = topic_partitions(&options.values("topic"))?;
    let mut rows: BTreeMap<(String, i32), String> = BTreeMap::new();
    for (topic, described) in admin.describe_topics(whole).await {
        match described {
            Ok(described) => {
                let ids = described.partitions.iter().map(|partition| partition.partition);
                partitions.extend(ids.map(|partition| TopicPartition::new(&*topic, partition)));
            }
            Err(error) => drop(rows.insert((topic, -1), format!("Error: {}", words(&error)))),
        }
    }
    let mut verdict = format!("Request succeeded for deleting offsets from group {group}.");
    if !partitions.is_empty() {
        match admin.delete_group_offsets(group, &partitions).await {
            Ok(results) => {
                for (partition, result) in results {
                    let status = match result {
                        Ok(()) => "Successful".to_owned(),
                        Err(error) => {
                            verdict =
                                "\nError: Encountered some partition-level error, see the follow-up details."
                                    .to_owned();
                            format!("Error: {}", words(&error))
                        }
                    };
                    rows.insert((partition.topic.to_string(), partition.partition), status);
                }
            }
            Err(error) => {
                verdict = format!("\nError: {}", words(&error));
                let failed = |partition: &TopicPartition| (partition.topic.to_string(), partition.partition);
                rows.extend(
                    partitions
                        .iter()
                        .map(|partition| (failed(partition), format!("Error: {}", words(&error)))),
                );
            }
        }
    }
    print(&verdict, rows)
}

fn print(verdict: &str, rows: BTreeMap<(String, i32), String>) -> Result<Done, Failure> {
    let mut table = Wide::new(&[("TOPIC", 15), ("PARTITION", 10), ("STATUS         ", 0)]);
    for ((topic, partition), status) in rows {
        let partition = if partition < 0 { "-".to_owned() } else { partition.to_string() };
        table.row([topic, partition, format!("{status:<15}")]);
    }
    let lines: String = table.lines().iter().map(|line| format!("\n{line}")).collect();
    out::print(&format!("{verdict}\n{lines}\n"))?;
    Ok(Done::Well)
}
