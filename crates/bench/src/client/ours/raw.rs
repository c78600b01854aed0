//! Produce requests by a plain socket that blocks, encoded once: what the broker and the network take by themselves.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jackdaw_client::{ClientConfig, Cluster};
use jackdaw_protocol::header::{RequestHeader, encode_request_header};
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use jackdaw_protocol::records::{BatchBuilder, BatchOptions};
use jackdaw_protocol::wire::Writer;

/// A version that names topics.
const VERSION: i16 = 12;

#[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
pub async fn run(config: &ClientConfig, topic: &str, messages: u64, size: usize) -> Result<Vec<Duration>> {
    let cluster = Cluster::connect(config).await?;
    cluster.refresh_or_create(&[topic]).await?;
    let address = {
        let (leader, _) = cluster.leader(topic, 0).await?;
        cluster.metadata().brokers.get(&leader).context("no leader")?.address.to_string()
    };
    let frame = frame(topic, size)?;
    let mut socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let mut taken = Vec::new();
    for _ in 0..messages {
        let begin = Instant::now();
        socket.write_all(&frame)?;
        let mut length = [0; 4];
        socket.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        ensure!(length < 10_000, "an answer of {length} bytes");
        let mut answer = vec![0; length];
        socket.read_exact(&mut answer)?;
        taken.push(begin.elapsed());
        tokio::time::sleep(super::PAUSE).await;
    }
    Ok(taken)
}

fn frame(topic: &str, size: usize) -> Result<Vec<u8>> {
    let mut batch = BatchBuilder::new(BatchOptions::default());
    batch.append(0, None, Some(&vec![b'x'; size]), &[])?;
    let batch = batch.build()?;
    let partition = PartitionProduceData { records: Some(batch.into()), ..PartitionProduceData::default() };
    let topic = TopicProduceData {
        name: topic.into(),
        partition_data: vec![partition],
        ..TopicProduceData::default()
    };
    let request =
        ProduceRequest { acks: -1, timeout_ms: 30_000, topic_data: vec![topic], ..ProduceRequest::default() };
    let mut writer = Writer::new();
    writer.bytes.extend_from_slice(&[0; 4]);
    let header = RequestHeader { api_key: 0, api_version: VERSION, ..RequestHeader::default() };
    encode_request_header(&mut writer, &header, 2)?;
    request.encode(&mut writer, VERSION)?;
    let size = u32::try_from(writer.bytes.len() - 4)?;
    writer.bytes[..4].copy_from_slice(&size.to_be_bytes());
    Ok(writer.bytes)
}
