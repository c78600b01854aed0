//! `jackdaw topic describe`: a topic, its configurations, and a row per partition with its offsets.

use std::collections::BTreeMap;

use jackdaw_client::TopicPartition;
use jackdaw_client::admin::{
    Admin, ConfigEntry, ConfigResource, ConfigSource, DescribeConfigsOptions, FoundOffset, OffsetSpec,
    Results, TopicDescription,
};
use jackdaw_client::config::IsolationLevel;
use serde_json::{Value, json};

use crate::command::failure;
use crate::command::output::{Output, Table, bold};
use crate::outcome::{Done, Outcome};

/// A topic and what belongs to it.
struct Described {
    topic: TopicDescription,
    configs: Vec<ConfigEntry>,
    starts: BTreeMap<i32, i64>,
    ends: BTreeMap<i32, i64>,
}

pub(super) async fn describe(admin: &Admin, names: &[String], output: &Output) -> Outcome {
    let mut described = Vec::new();
    for (_, topic) in admin.describe_topics(names).await {
        let topic = topic.map_err(|error| failure(&error))?;
        let resource = ConfigResource::topic(&*topic.name);
        let configs = admin.describe_configs([resource], DescribeConfigsOptions::default()).await;
        let configs = configs.into_values().next().transpose().map_err(|error| failure(&error))?;
        let mut configs = configs.unwrap_or_default();
        configs.retain(|entry| entry.source == ConfigSource::Topic);
        let at = |spec| topic.partitions.iter().map(move |partition| (partition.partition, spec));
        let specs = |spec| at(spec).map(|(id, spec)| (TopicPartition::new(&*topic.name, id), spec));
        let isolation = IsolationLevel::ReadUncommitted;
        let starts = offsets(admin.list_offsets(specs(OffsetSpec::Earliest), isolation).await);
        let ends = offsets(admin.list_offsets(specs(OffsetSpec::Latest), isolation).await);
        described.push(Described { topic, configs, starts, ends });
    }
    let json = || described.iter().map(Described::json).collect();
    let text = || described.iter().map(Described::text).collect::<Vec<_>>().join("\n");
    output.print(json, text)?;
    Ok(Done::Well)
}

/// A partition without a leader has no offsets that could be told.
fn offsets(found: Results<TopicPartition, Option<FoundOffset>>) -> BTreeMap<i32, i64> {
    let found =
        found.into_iter().filter_map(|(partition, found)| Some((partition.partition, found.ok()??.offset)));
    found.collect()
}

impl Described {
    fn json(&self) -> Value {
        let topic = &self.topic;
        let configs: serde_json::Map<_, _> =
            self.configs.iter().map(|entry| (entry.name.clone(), entry.value.clone().into())).collect();
        let partitions: Vec<Value> = topic
            .partitions
            .iter()
            .map(|partition| {
                json!({
                    "partition": partition.partition,
                    "leader": partition.leader,
                    "epoch": partition.leader_epoch,
                    "replicas": partition.replicas,
                    "in_sync": partition.in_sync,
                    "start": self.starts.get(&partition.partition),
                    "end": self.ends.get(&partition.partition),
                })
            })
            .collect();
        json!({
            "name": topic.name,
            "id": topic.topic_id.to_string(),
            "internal": topic.is_internal,
            "configs": configs,
            "partitions": partitions,
        })
    }

    fn text(&self) -> String {
        let topic = &self.topic;
        let mut text = format!("{}  {}\n", bold(&topic.name), topic.topic_id);
        for entry in &self.configs {
            text.push_str(&format!("  {}={}\n", entry.name, entry.value.as_deref().unwrap_or("")));
        }
        let mut table = Table::new(&["#PARTITION", "#LEADER", "REPLICAS", "IN-SYNC", "#START", "#END"]);
        for partition in &topic.partitions {
            let ids = |ids: &[i32]| ids.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
            let offset = |offsets: &BTreeMap<i32, i64>| {
                offsets.get(&partition.partition).map_or("-".to_owned(), i64::to_string)
            };
            table.row([
                partition.partition.to_string(),
                partition.leader.map_or("none".to_owned(), |leader| leader.to_string()),
                ids(&partition.replicas),
                ids(&partition.in_sync),
                offset(&self.starts),
                offset(&self.ends),
            ]);
        }
        text + &table.text()
    }
}
