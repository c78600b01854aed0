//! Reads a topic from its beginning with plain fetches: an oracle that shares nothing with producer and consumer but the
//! connections.

use jackdaw_client::cluster::CallOptions;
use jackdaw_client::{Cluster, Error};
use jackdaw_protocol::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use jackdaw_protocol::messages::fetch_response::FetchResponse;
use jackdaw_protocol::records::{Batches, RecordLimits};
use jackdaw_protocol::wire::Records;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The last version that names topics.
const NAMED_MAX: i16 = 12;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub header_count: usize,
}

/// All records of a partition that `isolation` shows, control records left out.
pub async fn read(
    cluster: &Cluster,
    topic: &str,
    partition: i32,
    committed_only: bool,
) -> Outcome<Vec<Found>> {
    let mut found = Vec::new();
    let mut offset = 0;
    let begin = std::time::Instant::now();
    loop {
        match fetch(cluster, topic, partition, offset, committed_only, &mut found).await {
            Ok((next, end)) if next >= end => return Ok(found),
            Ok((next, _)) => offset = next,
            Err(error) => {
                let is_retriable = error.downcast_ref::<Error>().is_some_and(Error::is_retriable);
                if !is_retriable || begin.elapsed().as_secs() > 20 {
                    return Err(error);
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                let _ = cluster.refresh(&[topic]).await;
            }
        }
    }
}

/// The values of all partitions, as text, one list per partition.
pub async fn values(cluster: &Cluster, topic: &str, committed_only: bool) -> Outcome<Vec<Vec<String>>> {
    cluster.refresh(&[topic]).await?;
    let count = cluster.metadata().topic(topic).map_or(0, |topic| topic.partitions.len());
    let mut all = Vec::new();
    for partition in 0..count as i32 {
        let records = read(cluster, topic, partition, committed_only).await?;
        let text = |found: Found| String::from_utf8_lossy(&found.value.unwrap_or_default()).into_owned();
        all.push(records.into_iter().map(text).collect());
    }
    Ok(all)
}

/// Adds what one fetch brings; returns where to go on, and where the end is.
async fn fetch(
    cluster: &Cluster,
    topic: &str,
    partition: i32,
    offset: i64,
    committed_only: bool,
    found: &mut Vec<Found>,
) -> Outcome<(i64, i64)> {
    let (leader, _) = cluster.leader(topic, partition).await?;
    let wanted = FetchPartition {
        partition,
        fetch_offset: offset,
        partition_max_bytes: 1 << 20,
        ..FetchPartition::default()
    };
    let topics = vec![FetchTopic { topic: topic.into(), partitions: vec![wanted], ..FetchTopic::default() }];
    let request = FetchRequest {
        max_wait_ms: 100,
        min_bytes: 1,
        max_bytes: 1 << 22,
        isolation_level: i8::from(committed_only),
        topics,
        ..FetchRequest::default()
    };
    let frame = cluster.call_frame(leader, &request, &CallOptions::versions(4..=NAMED_MAX)).await?;
    let response: FetchResponse<'_> = frame.decode()?;
    let data = response.responses.first().and_then(|topic| topic.partitions.first()).ok_or("no partition")?;
    Error::check(data.error_code, None)?;
    // Markers are written after the answer to the commit: what is open is waited for.
    let end = data.high_watermark;
    let mut aborted: Vec<(i64, i64)> = Vec::new();
    for transaction in data.aborted_transactions.iter().flatten() {
        aborted.push((transaction.first_offset, transaction.producer_id));
    }
    aborted.sort_unstable();
    let mut active = std::collections::BTreeSet::new();
    let bytes = data.records.as_ref().and_then(Records::inline).unwrap_or_default();
    let mut next = offset;
    for batch in Batches::new(bytes) {
        let Ok(batch) = batch else { break };
        next = batch.next_offset();
        if !batch.crc_is_valid() {
            return Err("a batch does not match its CRC".into());
        }
        active.extend(aborted.iter().filter(|(first, _)| *first <= batch.last_offset()).map(|(_, id)| *id));
        aborted.retain(|(first, _)| *first > batch.last_offset());
        if batch.is_control() {
            active.remove(&batch.producer_id());
            continue;
        }
        if committed_only && batch.is_transactional() && active.contains(&batch.producer_id()) {
            continue;
        }
        let mut records = batch.records(RecordLimits::default());
        while let Some(record) = records.next_record() {
            let record = record?;
            let at = batch.base_offset() + i64::from(record.offset_delta);
            if at < offset {
                continue;
            }
            found.push(Found {
                offset: at,
                key: record.key.map(<[u8]>::to_vec),
                value: record.value.map(<[u8]>::to_vec),
                header_count: record.headers.len(),
            });
        }
    }
    Ok((next, end))
}
