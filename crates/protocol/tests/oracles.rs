//! Random messages of every API and version through two other implementations, `kafka-wire` and
//! `kafka-protocol`: what they read of our bytes they must write as we do, and we read what they write.
//! Kafka's own encoding of all of them is in `golden.rs`; this is about the values that nobody recorded.

mod common;

#[path = "common/random.rs"]
mod random;

use bytes::{Bytes, BytesMut};
use common::{Typed, hex, typed};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::message::{Message, Request};
use jackdaw_protocol::schema;
use kafka_protocol::messages::{ApiKey as OracleKey, RequestKind, ResponseKind};
use kafka_wire::{KafkaMessage, RequestResponsePair};
use kafka_wire_core::{ApiVersion, DecodeLimits};
use random::Random;

/// Random messages of each version.
const ROUNDS: usize = 12;

/// What an oracle makes of bytes: decoded and encoded again. `None`: it does not have that version.
type Oracle = dyn Fn(&Typed, i16, &[u8]) -> Option<Result<Vec<u8>, String>>;

fn kafka_wire<M: KafkaMessage>(version: i16, bytes: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let version = ApiVersion::new(version);
    if !M::supports(version) {
        return None;
    }
    let decoded = M::decode_from_bytes(Bytes::copy_from_slice(bytes), version, DecodeLimits::default());
    Some(decoded.map_err(|error| format!("{error}")).and_then(|message| {
        let mut out = BytesMut::new();
        message.encode_into(&mut out, version).map_err(|error| format!("{error}"))?;
        Ok(out.to_vec())
    }))
}

macro_rules! kafka_wire_oracle {
    ($($module:ident::$request:ident,)*) => {
        fn through_kafka_wire(typed: &Typed, version: i16, bytes: &[u8]) -> Option<Result<Vec<u8>, String>> {
            $({
                type Ours = jackdaw_protocol::messages::$module::$request<'static>;
                type Answer = <Ours as Request<'static>>::Response<'static>;
                if typed.name == <Ours as Message<'static>>::NAME {
                    return kafka_wire::<kafka_wire::$request>(version, bytes);
                }
                if typed.name == <Answer as Message<'static>>::NAME {
                    return kafka_wire::<<kafka_wire::$request as RequestResponsePair>::Response>(version, bytes);
                }
            })*
            None
        }
    };
}

jackdaw_protocol::for_each_request!(kafka_wire_oracle);

fn through_kafka_protocol(typed: &Typed, version: i16, bytes: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let (api, is_request) = match typed.name.strip_suffix("Request") {
        Some(api) => (api, true),
        None => (typed.name.strip_suffix("Response")?, false),
    };
    let key = ApiKey::ALL.iter().find(|key| key.name() == api)?.key();
    let key = OracleKey::try_from(key).ok()?;
    let known = key.valid_versions();
    if !(known.min..=known.max).contains(&version) {
        return None;
    }
    let mut input = Bytes::copy_from_slice(bytes);
    let mut out = BytesMut::new();
    let outcome = if is_request {
        RequestKind::decode(key, &mut input, version).and_then(|message| message.encode(&mut out, version))
    } else {
        ResponseKind::decode(key, &mut input, version).and_then(|message| message.encode(&mut out, version))
    };
    Some(match outcome {
        Ok(()) if input.is_empty() => Ok(out.to_vec()),
        Ok(()) => Err(format!("{} bytes left over", input.len())),
        // It announces three versions (InitProducerId 6, OffsetCommit 10, OffsetFetch 10) that its structs lack.
        Err(error) if format!("{error:#}").contains("version not supported") => return None,
        Err(error) => Err(format!("{error:#}")),
    })
}

fn check(oracle: &Oracle, seed: u64) -> usize {
    let mut random = Random(seed);
    let mut pairs = 0;
    let mut failures = Vec::new();
    for schema in schema::ALL {
        let typed = typed(schema.name).expect("a message");
        for version in schema.versions.0..=schema.versions.1 {
            let mut known = false;
            for _ in 0..ROUNDS {
                let bytes = random::message(schema, version, &mut random);
                // Ours leaves out tagged fields at their defaults, as everybody does.
                let ours = (typed.round_trip)(&bytes, version)
                    .unwrap_or_else(|error| panic!("{} {version}: {error}: {}", schema.name, hex(&bytes)));
                let Some(theirs) = oracle(typed, version, &ours) else {
                    break;
                };
                known = true;
                if theirs.as_ref() != Ok(&ours) {
                    let theirs = theirs.map_or_else(|error| error, |bytes| hex(&bytes));
                    failures.push(format!(
                        "{} {version}\n  ours   {}\n  theirs {theirs}",
                        schema.name,
                        hex(&ours)
                    ));
                    break;
                }
                let again = (typed.round_trip)(&theirs.unwrap_or_default(), version);
                assert_eq!(again.as_ref(), Ok(&ours), "{} {version}", schema.name);
            }
            pairs += usize::from(known);
        }
    }
    assert!(failures.is_empty(), "seed {seed}, {} versions differ:\n{}", failures.len(), failures.join("\n"));
    pairs
}

#[test]
fn kafka_wire_agrees() {
    let pairs = check(&through_kafka_wire, 1);
    assert_eq!(pairs, 604, "messages and versions compared");
}

#[test]
fn kafka_protocol_agrees() {
    let pairs = check(&through_kafka_protocol, 2);
    assert_eq!(pairs, 577, "messages and versions compared");
}
