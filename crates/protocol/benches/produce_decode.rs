//! How long it takes to decode a Produce request of one 16 KiB batch, and to encode its response, beside two
//! other implementations in the same run: `cargo bench -p jackdaw-protocol --bench produce_decode`.
//! The median of many rounds that take turns; the smallest round beside it.

use std::hint::black_box;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::produce_request::{PartitionProduceData, ProduceRequest, TopicProduceData};
use jackdaw_protocol::messages::produce_response::{
    PartitionProduceResponse, ProduceResponse, TopicProduceResponse,
};
use jackdaw_protocol::wire::{Reader, Records, Writer};
use kafka_protocol::protocol::{Decodable, Encodable};
use kafka_wire_core::{ApiVersion, DecodeLimits, KafkaDecode, KafkaEncode};

const VERSION: i16 = 9;
const BATCH_BYTES: usize = 16 * 1024;
const ROUNDS: usize = 41;
const CALLS: u32 = 20_000;

/// What is measured: a name, and one call of it.
type Case<'c> = (&'static str, Box<dyn FnMut() + 'c>);

fn main() {
    decoding();
    encoding();
}

fn decoding() {
    let request = request();
    let shared = Bytes::from(request.clone());
    run(
        "decode a Produce request of 16 KiB",
        vec![
            (
                "jackdaw",
                Box::new(|| {
                    let mut reader = Reader::new(black_box(&request));
                    black_box(ProduceRequest::decode(&mut reader, VERSION).expect("whole"));
                }),
            ),
            (
                "kafka-protocol",
                Box::new(|| {
                    let mut bytes = black_box(&shared).clone();
                    let decoded = kafka_protocol::messages::ProduceRequest::decode(&mut bytes, VERSION);
                    black_box(decoded.expect("whole"));
                }),
            ),
            (
                "kafka-wire",
                Box::new(|| {
                    let bytes = black_box(&shared).clone();
                    let version = ApiVersion::new(VERSION);
                    let decoded = kafka_wire::ProduceRequest::decode_from_bytes(
                        bytes,
                        version,
                        DecodeLimits::default(),
                    );
                    black_box(decoded.expect("whole"));
                }),
            ),
        ],
    );
}

fn encoding() {
    let response = response();
    let bytes = response.to_bytes(VERSION).expect("fits");
    let foreign = kafka_protocol::messages::ProduceResponse::decode(&mut Bytes::from(bytes.clone()), VERSION)
        .expect("whole");
    let wire = kafka_wire::ProduceResponse::decode_from_bytes(
        Bytes::from(bytes),
        ApiVersion::new(VERSION),
        DecodeLimits::default(),
    )
    .expect("whole");
    let (mut writer, mut first, mut second) = (Writer::new(), BytesMut::new(), BytesMut::new());
    run(
        "encode its response",
        vec![
            (
                "jackdaw",
                Box::new(|| {
                    writer.clear();
                    black_box(&response).encode(&mut writer, VERSION).expect("fits");
                    black_box(&writer);
                }),
            ),
            (
                "kafka-protocol",
                Box::new(|| {
                    first.clear();
                    black_box(&foreign).encode(&mut first, VERSION).expect("fits");
                    black_box(&first);
                }),
            ),
            (
                "kafka-wire",
                Box::new(|| {
                    second.clear();
                    black_box(&wire).encode_into(&mut second, ApiVersion::new(VERSION)).expect("fits");
                    black_box(&second);
                }),
            ),
        ],
    );
}

fn request() -> Vec<u8> {
    let batch = vec![7u8; BATCH_BYTES];
    let partition = PartitionProduceData { records: Some(Records::from(batch)), ..Default::default() };
    let topic =
        TopicProduceData { name: "benchmark".into(), partition_data: vec![partition], ..Default::default() };
    let request =
        ProduceRequest { acks: -1, timeout_ms: 30_000, topic_data: vec![topic], ..Default::default() };
    request.to_bytes(VERSION).expect("fits")
}

fn response() -> ProduceResponse<'static> {
    let partition = PartitionProduceResponse { base_offset: 4711, ..Default::default() };
    let topic = TopicProduceResponse {
        name: "benchmark".into(),
        partition_responses: vec![partition],
        ..Default::default()
    };
    ProduceResponse { responses: vec![topic], ..Default::default() }
}

fn run(what: &str, mut cases: Vec<Case<'_>>) {
    let mut rounds_ns = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for ((_, call), rounds) in cases.iter_mut().zip(&mut rounds_ns) {
            rounds.push(round_ns(call));
        }
    }
    println!("{what}, version {VERSION}:");
    for ((name, _), rounds) in cases.iter().zip(&mut rounds_ns) {
        rounds.sort_by(f64::total_cmp);
        println!("  {name:<16}{:>8.0} ns   (smallest {:.0})", rounds[ROUNDS / 2], rounds[0]);
    }
}

/// Nanoseconds for one call, on average over a round.
#[allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn round_ns(call: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}
