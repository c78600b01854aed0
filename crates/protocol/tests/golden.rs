//! Bytes that other implementations wrote: each must decode to the last byte, and encode to the same again.

mod common;

use common::{hex, typed, unhex};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::header;
use jackdaw_protocol::schema::{self, Tagged};
use jackdaw_protocol::wire::{Reader, Writer};
use serde_json::Value;

const MESSAGES: &str = include_str!("../../../tests/golden/messages.jsonl");
const EXCHANGES: &str = include_str!("../../../tests/golden/kafka-exchanges.jsonl");
const FRAMES: &str = include_str!("../../../tests/golden/recorded-frames.jsonl");

/// What only Kafka 4.4 has. The vectors were made with it; our definitions are those of 4.3.
const NOT_IN_4_3: [(&str, i16); 13] = [
    ("ApiVersionsRequest", 5),
    ("ApiVersionsResponse", 5),
    ("DeleteGroupsRequest", 3),
    ("DeleteGroupsResponse", 3),
    ("StreamsGroupDescribeRequest", 1),
    ("StreamsGroupDescribeResponse", 1),
    ("StreamsGroupHeartbeatRequest", 1),
    ("StreamsGroupHeartbeatResponse", 1),
    ("StreamsGroupTopologyDescriptionUpdateRequest", 0),
    ("StreamsGroupTopologyDescriptionUpdateResponse", 0),
    ("TxnOffsetCommitRequest", 6),
    ("TxnOffsetCommitResponse", 6),
    // An entry of the transaction index, which is no message: crate `log` has it.
    ("AbortedTxn", 0),
];

/// Frames of a writer that writes tagged fields at their defaults, which Kafka and we leave out.
const SPELLS_OUT_DEFAULTS: [&str; 2] = ["fetch_response_v16_002#0", "fetch_response_v16_002#2"];

fn lines(text: &str) -> impl Iterator<Item = Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

fn number(value: &Value, key: &str) -> i16 {
    value[key]
        .as_i64()
        .and_then(|number| number.try_into().ok())
        .unwrap_or_else(|| panic!("{key} in {value}"))
}

#[test]
fn every_golden_message_survives_structs_and_json() {
    let (mut checked, mut of_4_4) = (0, 0);
    for vector in lines(MESSAGES) {
        let (name, version, bytes) =
            (text(&vector, "message"), number(&vector, "version"), unhex(text(&vector, "hex")));
        if NOT_IN_4_3.contains(&(name, version)) {
            assert!(typed(name).is_none_or(|typed| version > typed.versions.1), "{name} {version} is known");
            of_4_4 += 1;
            continue;
        }
        let label = format!("{name} {version} {}", text(&vector, "name"));
        let typed = typed(name).unwrap_or_else(|| panic!("{label}: no such message"));
        let again = (typed.round_trip)(&bytes, version).unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!(hex(&again), hex(&bytes), "{label}");
        check_json(&label, name, version, &bytes, &vector);
        checked += 1;
    }
    assert_eq!((checked, of_4_4), (1350, 42));
}

fn check_json(label: &str, name: &str, version: i16, bytes: &[u8], vector: &Value) {
    let shown =
        schema::to_json(name, version, bytes, Tagged::All).unwrap_or_else(|error| panic!("{label}: {error}"));
    let expected = in_words_of_4_3(name, &vector["json_value"]);
    assert_eq!(shown, expected, "{label}");
    let written =
        schema::from_json(name, version, &expected).unwrap_or_else(|error| panic!("{label}: {error}"));
    if !has_unknown_tags(label) {
        assert_eq!(hex(&written), hex(bytes), "{label}: from JSON");
    }
}

/// The vectors name a few fields as 4.4 does, and show two that only 4.4 has.
fn in_words_of_4_3(message: &str, value: &Value) -> Value {
    let Value::Object(fields) = value else {
        return value.clone();
    };
    let fields = fields.iter().filter_map(|(key, value)| {
        let key = match (message, key.as_str()) {
            ("ApiVersionsRequest", "clusterId" | "nodeId") => return None,
            ("TxnOffsetCommitRequest", "generationIdOrMemberEpoch") => "generationId",
            ("StreamsGroupHeartbeatResponse", "acceptableRecoveryLagLegacy") => "acceptableRecoveryLag",
            (_, key) => key,
        };
        Some((key.to_owned(), value.clone()))
    });
    fields.collect()
}

/// JSON has no place for tagged fields that nobody knows.
fn has_unknown_tags(label: &str) -> bool {
    label.contains("unknown")
}

#[test]
fn recorded_exchanges_of_kafka_decode_to_the_last_byte() {
    let mut exchanges = 0;
    for exchange in lines(EXCHANGES) {
        let (key, version) =
            (ApiKey::from_i16(number(&exchange, "k")).expect("a known API"), number(&exchange, "v"));
        check_request(key, version, &unhex(text(&exchange, "req")));
        if let Some(response) = exchange["resp"].as_str() {
            check_response(key, version, &unhex(response));
        }
        exchanges += 1;
    }
    assert_eq!(exchanges, 335);
}

fn check_request(key: ApiKey, version: i16, frame: &[u8]) {
    let label = format!("{key} {version} request");
    let mut reader = Reader::new(frame);
    let header =
        header::decode_request_header(&mut reader).unwrap_or_else(|error| panic!("{label}: {error}"));
    assert_eq!((header.api_key, header.api_version), (key.key(), version), "{label}");
    let mut writer = Writer::new();
    header::encode_request_header(&mut writer, &header, key.request_header_version(version)).expect(&label);
    writer.bytes.extend_from_slice(&round_trip(key, "Request", version, reader.rest()));
    assert_eq!(hex(&writer.bytes), hex(frame), "{label}");
}

fn check_response(key: ApiKey, version: i16, frame: &[u8]) {
    let label = format!("{key} {version} response");
    let mut reader = Reader::new(frame);
    let header_version = key.response_header_version(version);
    let correlation_id = header::decode_response_header(&mut reader, header_version).expect(&label);
    let mut writer = Writer::new();
    header::encode_response_header(&mut writer, correlation_id, header_version);
    assert_eq!(writer.bytes.len(), header::response_header_size(header_version));
    writer.bytes.extend_from_slice(&round_trip(key, "Response", version, reader.rest()));
    assert_eq!(hex(&writer.bytes), hex(frame), "{label}");
}

fn round_trip(key: ApiKey, direction: &str, version: i16, body: &[u8]) -> Vec<u8> {
    let label = format!("{key}{direction}");
    let typed = typed(&label).unwrap_or_else(|| panic!("no {label}"));
    (typed.round_trip)(body, version)
        .unwrap_or_else(|error| panic!("{label} {version}: {error}: {}", hex(body)))
}

#[test]
fn recorded_frames_of_other_clients_survive() {
    let mut checked = 0;
    for frame in lines(FRAMES).filter(|frame| frame["checked"] == "roundtrip") {
        let Some(key) = ApiKey::from_i16(number(&frame, "key")) else {
            continue;
        };
        let bytes = unhex(text(&frame, "hex"));
        let is_request = text(&frame, "kind") == "request";
        if SPELLS_OUT_DEFAULTS.contains(&text(&frame, "id")) {
            (typed("FetchResponse").expect("a message").round_trip)(&bytes[9..], 16)
                .expect("still a message");
            continue;
        }
        for version in frame["versions"].as_array().expect("versions") {
            let version = version.as_i64().expect("a version") as i16;
            if !key.request_versions().contains(&version) {
                continue;
            }
            match (frame["framed"] == true, is_request) {
                (true, true) => check_request(key, version, &bytes[4..]),
                (true, false) => check_response(key, version, &bytes[4..]),
                (false, true) => assert_eq!(hex(&round_trip(key, "Request", version, &bytes)), hex(&bytes)),
                (false, false) => assert_eq!(hex(&round_trip(key, "Response", version, &bytes)), hex(&bytes)),
            }
            checked += 1;
        }
    }
    assert!(checked > 300, "{checked}");
}
