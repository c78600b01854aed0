//! A whole node in this process, on free ports, with its data in a directory that is removed at the end.
#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system")]
#![allow(dead_code, reason = "not every test file needs all of it")]

pub mod client;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jackdaw_base::{MonotonicNs, Offset, PartitionIndex, TimestampMs};
use jackdaw_broker::log_levels::FixedLogLevels;
use jackdaw_broker::node::Node;
use jackdaw_broker::server::Server;
use jackdaw_config::{BrokerConfig, Origin, Setting};
use jackdaw_metadata::decide::create_topics::{CreateTopics, NewTopic, create_topics};
use jackdaw_metadata::decide::{Decision, Mode};
use jackdaw_partition::{Isolation, Origin as Appender, Partition, ReadQuery, Reader, RequiredAcks};
use jackdaw_protocol::records::{Batch, BatchBuilder, BatchOptions, Batches};
use jackdaw_store::WholeBatch;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A directory of this test alone.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("jackdaw-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A node with its data in `directories`.
pub async fn start(directories: &[&Path], more: &[(&str, &str)]) -> Server {
    let directories: Vec<String> = directories.iter().map(|path| path.display().to_string()).collect();
    let mut settings = vec![
        ("log.dirs".to_owned(), directories.join(",")),
        ("listeners".to_owned(), "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0".to_owned()),
        ("jackdaw.http.port".to_owned(), "-1".to_owned()),
    ];
    settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let settings =
        settings.into_iter().map(|(name, value)| Setting { name, value, origin: Origin::CommandLine });
    let loaded = BrokerConfig::load(settings).expect("a configuration that can be used");
    Server::start(Arc::new(loaded.config), Arc::new(FixedLogLevels)).await.expect("starts")
}

/// Creates a topic.
pub async fn create(node: &Node, name: &str, partition_count: i32) {
    let topic = NewTopic {
        name: name.to_owned(),
        partition_count,
        replication_factor: 1,
        assignments: Vec::new(),
        configs: Vec::new(),
    };
    let request = CreateTopics { topics: vec![topic], mode: Mode::Apply };
    let answer = node
        .quorum
        .submit(move |image, context| match create_topics(image, &request, context) {
            Ok(Decision { records, answer }) => Decision { records, answer },
            Err(error) => panic!("{error}"),
        })
        .await
        .expect("committed");
    answer.into_iter().for_each(|(_, result)| drop(result.expect("created")));
}

pub fn partition(node: &Node, topic: &str, index: i32) -> Arc<Partition> {
    let topic = node.partitions.by_name(topic).expect("the topic is there");
    Arc::clone(topic.get(PartitionIndex(index)).expect("the partition is there"))
}

/// Appends one record; returns its offset.
pub fn append(partition: &Partition, value: &str) -> i64 {
    let mut builder = BatchBuilder::new(BatchOptions::default());
    builder.append(1_000, None, Some(value.as_bytes()), &[]).expect("fits");
    let mut bytes = builder.build().expect("builds");
    let origin = Appender::Client { acks: RequiredAcks::All };
    // A time that no retention reaches while the test runs.
    let now = TimestampMs(1_000);
    partition.append(origin, &mut bytes, now, MonotonicNs(0)).expect("appended").base_offset.0
}

/// Waits until everything appended is on the disk.
pub async fn synced(partition: &Partition) {
    let signal = jackdaw_base::Signal::new();
    let end = partition.watermarks().log_end;
    let _waiter = partition.subscribe(jackdaw_partition::Watch::HighWatermark(end), &signal);
    std::future::poll_fn(|cx| signal.poll_raised(cx)).await;
    assert_eq!(partition.watermarks().high_watermark, end);
}

/// Base offsets of all batches that a consumer gets.
pub fn offsets(partition: &Partition) -> Vec<i64> {
    of_batches(partition, |batch| batch.base_offset())
}

/// What `look` sees in each batch that a consumer gets.
pub fn of_batches<T>(partition: &Partition, look: impl Fn(&Batch<'_>) -> T) -> Vec<T> {
    let mut seen = Vec::new();
    let mut next = partition.watermarks().log_start;
    loop {
        let query = ReadQuery {
            reader: Reader::Consumer { isolation: Isolation::ReadUncommitted },
            offset: next,
            size_bytes_max: 1 << 20,
            first_batch: WholeBatch::Always,
            leader_epoch: None,
            last_fetched_epoch: None,
        };
        let Some(slice) = partition.plan_read(&query).expect("readable").slice else { return seen };
        let mut bytes = vec![0; slice.size_bytes as usize];
        let read = slice.file.read_at(&mut bytes, slice.position).expect("readable");
        for batch in Batches::new(&bytes[..read]).flatten() {
            seen.push(look(&batch));
            next = Offset(batch.next_offset());
        }
    }
}
