use std::collections::BTreeMap;

use super::*;
use jackdaw_base::Uuid;

#[derive(Default)]
struct Existing(BTreeMap<&'static str, Arc<TopicInfo>>);

impl Existing {
    fn set(&mut self, name: &'static str, id: &str, racks: &[&[&str]]) {
        let partition_racks =
            racks.iter().map(|racks| racks.iter().map(|rack| Arc::from(*rack)).collect()).collect();
        let topic = TopicInfo { id: id.parse().unwrap(), name: name.into(), partition_racks };
        self.0.insert(name, Arc::new(topic));
    }

    fn hash(&self, names: &[&str]) -> i64 {
        let names: Vec<Arc<str>> = names.iter().map(|name| Arc::from(*name)).collect();
        subscription_hash(&names.iter().collect(), self)
    }
}

impl Topics for Existing {
    fn version(&self) -> i64 {
        1
    }

    fn by_name(&self, name: &str) -> Option<Arc<TopicInfo>> {
        self.0.get(name).cloned()
    }

    fn by_id(&self, id: Uuid) -> Option<Arc<TopicInfo>> {
        self.0.values().find(|topic| topic.id == id).cloned()
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.0.values().map(|topic| Arc::clone(&topic.name)).collect()
    }
}

/// The hashes are of the directory that a real Kafka 4.3.1 wrote (`tests/golden/kafka-4.3.1`).
#[test]
fn hashes_are_those_of_kafka() {
    let mut topics = Existing::default();
    topics.set("plain", "81iCCI7mShW08n1I1VyFGg", &[&[], &[]]);
    topics.set("queue", "CsadMu7FRY-vbPIlfyN1Zg", &[&[]]);
    assert_eq!(topics.hash(&["plain"]), 8_524_337_999_694_398_500);
    assert_eq!(topics.hash(&["queue", "no-such-topic"]), 8_218_891_272_774_187_517);
    assert_eq!(topics.hash(&["no-such-topic"]), 0);
    assert_eq!(topics.hash(&[]), 0);
}

#[test]
fn a_hash_tells_partitions_and_racks_apart() {
    let mut topics = Existing::default();
    let mut seen = Vec::new();
    for racks in [&[&["a", "b"][..], &[]][..], &[&[], &["a", "b"]], &[&["ab"], &[]], &[&[]], &[&[], &[]]] {
        topics.set("plain", "81iCCI7mShW08n1I1VyFGg", racks);
        let hash = topics.hash(&["plain"]);
        assert!(!seen.contains(&hash), "{racks:?}");
        seen.push(hash);
    }
}
