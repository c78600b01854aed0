//! Produce and Fetch by plain sockets that block, encoded beforehand: what the broker and the network take by themselves.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use jackdaw_protocol::header::{RequestHeader, decode_response_header, encode_request_header};
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::fetch_request::{FetchPartition, FetchRequest, FetchTopic};
use jackdaw_protocol::messages::fetch_response::FetchResponse;
use jackdaw_protocol::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use jackdaw_protocol::messages::produce_response::ProduceResponse;
use jackdaw_protocol::records::{BatchBuilder, BatchOptions, Batches};
use jackdaw_protocol::wire::{Reader, Writer};

/// A version of both that names topics.
const VERSION: i16 = 12;
/// Records that came and were not looked at.
const ARRIVALS_WAITING_MAX: usize = 1000;
const PRODUCE: i16 = 0;
const FETCH: i16 = 1;

/// One record at a time.
pub struct RawProducer {
    socket: TcpStream,
    frame: Vec<u8>,
    answer: Vec<u8>,
}

impl RawProducer {
    pub fn connect(address: &str, topic: &str, size: usize) -> Result<Self> {
        let mut batch = BatchBuilder::new(BatchOptions::default());
        batch.append(0, None, Some(&vec![b'x'; size]), &[])?;
        let records = Some(batch.build()?.into());
        let partition = PartitionProduceData { records, ..PartitionProduceData::default() };
        let topic = TopicProduceData {
            name: topic.into(),
            partition_data: vec![partition],
            ..TopicProduceData::default()
        };
        let request = ProduceRequest {
            acks: -1,
            timeout_ms: 30_000,
            topic_data: vec![topic],
            ..ProduceRequest::default()
        };
        Ok(Self { socket: connect(address)?, frame: frame(PRODUCE, &request)?, answer: Vec::new() })
    }

    /// Writes the record and waits until it is acknowledged; returns its offset.
    pub fn send(&mut self) -> Result<i64> {
        self.socket.write_all(&self.frame)?;
        read(&mut self.socket, &mut self.answer)?;
        let mut reader = Reader::new(&self.answer);
        decode_response_header(&mut reader, 1)?;
        let answer = ProduceResponse::decode(&mut reader, VERSION)?;
        let partition = answer.responses.first().and_then(|topic| topic.partition_responses.first());
        let partition = partition.context("an answer without a partition")?;
        ensure!(partition.error_code == 0, "error {}", partition.error_code);
        Ok(partition.base_offset)
    }
}

/// A fetch that always waits at the broker, on a thread of its own.
pub struct RawFetcher {
    /// When each record came.
    pub arrivals: Receiver<Instant>,
}

impl RawFetcher {
    /// Fetches what comes behind `offset`.
    #[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
    pub fn start(address: &str, topic: &str, offset: i64) -> Result<Self> {
        let mut socket = connect(address)?;
        let (arrived, arrivals) = sync_channel(ARRIVALS_WAITING_MAX);
        let topic = topic.to_owned();
        let mut next = offset + 1;
        let fetch_all = move || -> Result<()> {
            let mut answer = Vec::new();
            loop {
                socket.write_all(&frame(FETCH, &fetch(&topic, next))?)?;
                read(&mut socket, &mut answer)?;
                let now = Instant::now();
                let mut reader = Reader::new(&answer);
                decode_response_header(&mut reader, 1)?;
                let answer = FetchResponse::decode(&mut reader, VERSION)?;
                let data = answer.responses.first().and_then(|topic| topic.partitions.first());
                let bytes = data.and_then(|data| data.records.as_ref()).and_then(|records| records.inline());
                for batch in Batches::new(bytes.unwrap_or_default()) {
                    next = batch?.next_offset();
                    arrived.send(now)?;
                }
            }
        };
        std::thread::Builder::new().name("fetcher".to_owned()).spawn(fetch_all)?;
        Ok(Self { arrivals })
    }
}

fn fetch(topic: &str, offset: i64) -> FetchRequest<'_> {
    let partition =
        FetchPartition { fetch_offset: offset, partition_max_bytes: 1 << 20, ..FetchPartition::default() };
    let topic = FetchTopic { topic: topic.into(), partitions: vec![partition], ..FetchTopic::default() };
    FetchRequest {
        max_wait_ms: 500,
        min_bytes: 1,
        max_bytes: 1 << 20,
        session_epoch: -1,
        topics: vec![topic],
        ..FetchRequest::default()
    }
}

fn connect(address: &str) -> Result<TcpStream> {
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// The next answer without its size.
fn read(socket: &mut TcpStream, answer: &mut Vec<u8>) -> Result<()> {
    let mut length = [0; 4];
    socket.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    ensure!(length < 1 << 24, "an answer of {length} bytes");
    answer.resize(length, 0);
    socket.read_exact(answer)?;
    Ok(())
}

fn frame<'a>(api_key: i16, request: &impl Message<'a>) -> Result<Vec<u8>> {
    let mut writer = Writer::new();
    writer.bytes.extend_from_slice(&[0; 4]);
    let header = RequestHeader { api_key, api_version: VERSION, ..RequestHeader::default() };
    encode_request_header(&mut writer, &header, 2)?;
    request.encode(&mut writer, VERSION)?;
    let size = u32::try_from(writer.bytes.len() - 4)?;
    writer.bytes[..4].copy_from_slice(&size.to_be_bytes());
    Ok(writer.bytes)
}
