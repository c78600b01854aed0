//! Answers made of memory and files arrive byte for byte, by whichever way they are sent.

use std::sync::Arc;

use bytes::Bytes;
use jackdaw_base::disk::DiskFile;
use jackdaw_protocol::messages::fetch_response::{FetchResponse, FetchableTopicResponse, PartitionData};
use jackdaw_protocol::wire::Records;

use super::toy::*;
use crate::limits::Limits;
use crate::request::RequestHead;
use crate::response::{CloseReason, Piece, Response};
use crate::testing::{TestFile, pattern};

const FILE_BYTES: usize = 6_000_000;

/// One partition per list of pieces.
fn fetch_answer(head: RequestHead, partitions: Vec<Vec<Piece>>) -> Result<Response, CloseReason> {
    let data = partitions.iter().map(|pieces| PartitionData {
        records: Some(Records::External(pieces.iter().map(|piece| piece.size_bytes() as usize).sum())),
        aborted_transactions: Some(Vec::new()),
        ..PartitionData::default()
    });
    let topic =
        FetchableTopicResponse { topic: "t".into(), partitions: data.collect(), ..Default::default() };
    let answer = FetchResponse { responses: vec![topic], ..FetchResponse::default() };
    Response::encode_with(head, &answer, partitions.into_iter().flatten().collect())
}

/// The records of each partition of an answer in version 4, each behind the same fixed bytes.
fn records_of(answer: &[u8], partitions: usize) -> Vec<&[u8]> {
    // Correlation id, throttle time, number of topics, name "t", number of partitions.
    let mut rest = &answer[4 + 4 + 4 + 3 + 4..];
    let records = (0..partitions)
        .map(|_| {
            // Index, error, high watermark, last stable offset, no aborted transactions; then the length.
            let (fixed, behind) = rest.split_at(4 + 2 + 8 + 8 + 4 + 4);
            let length = i32::from_be_bytes(*fixed.last_chunk().expect("a length"));
            let (records, behind) = behind.split_at(length as usize);
            rest = behind;
            records
        })
        .collect();
    assert_eq!(rest, &[] as &[u8]);
    records
}

fn slice(file: &Arc<dyn DiskFile>, position: usize, size_bytes: usize) -> Piece {
    Piece::File { file: Arc::clone(file), position: position as u64, size_bytes: size_bytes as u64 }
}

/// Where the slices of an answer start and how long they are, one list per partition.
const SHAPES: [&[&[(usize, usize)]]; 7] = [
    &[&[(0, 61)]],
    &[&[]],
    &[&[(5, 100_000), (3_000_000, 70_000)], &[], &[(1, 1)]],
    &[&[(0, FILE_BYTES)]],
    &[&[(123, 2_500_001)], &[(7, 102_400)], &[(9, 102_399)], &[(5_000_000, 1_000_000)]],
    &[&[(4_095, 300_000), (0, 10), (4_097, 300_000)]],
    // More short slices than one write takes, and more bytes than one scratch buffer holds.
    &[&[(0, 90_000); 100]],
];

fn check_shapes(real: bool, drop_cache: bool) {
    let content = pattern(FILE_BYTES);
    let file = TestFile::with(&format!("answers-{real}-{drop_cache}"), &content, real);
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    for (id, shape) in SHAPES.iter().enumerate() {
        let id = id as i32;
        let script_file = Arc::clone(&file);
        server.toy.script(id, move |head| {
            if drop_cache {
                script_file.drop_cache().map_err(CloseReason::FileUnreadable)?;
            }
            let pieces =
                shape.iter().map(|slices| slices.iter().map(|at| slice(&script_file, at.0, at.1)).collect());
            fetch_answer(head, pieces.collect())
        });
        // A small answer before and one behind, so that their bytes meet those of the files.
        client.send(&[ask(METADATA, 1_000, b'n'), ask(FETCH, id, b'f'), ask(METADATA, 1_001, b'n')].concat());
        assert_eq!(client.receive_id(), Some(1_000));
        let answer = client.receive().expect("an answer");
        for (slices, records) in shape.iter().zip(records_of(&answer, shape.len())) {
            let expected: Vec<u8> =
                slices.iter().flat_map(|at| &content[at.0..at.0 + at.1]).copied().collect();
            assert!(records == expected, "shape {id} differs");
        }
        assert_eq!(client.receive_id(), Some(1_001));
    }
}

#[test]
fn slices_of_warm_files_arrive_whole() {
    check_shapes(true, false);
}

#[test]
fn slices_of_cold_files_arrive_whole() {
    check_shapes(true, true);
}

#[test]
fn slices_of_files_without_a_descriptor_arrive_whole() {
    check_shapes(false, false);
}

#[test]
fn memory_and_files_mix() {
    let content = pattern(400_000);
    let file = TestFile::with("mix", &content, true);
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    let script_content = content.clone();
    server.toy.script(1, move |head| {
        let memory = Piece::Memory(Bytes::copy_from_slice(&script_content[..50]));
        fetch_answer(head, vec![vec![slice(&file, 0, 150_000), memory, slice(&file, 150_000, 10)]])
    });
    client.send(&ask(FETCH, 1, b'f'));
    let answer = client.receive().expect("an answer");
    let expected = [&content[..150_000], &content[..50], &content[150_000..150_010]].concat();
    assert!(records_of(&answer, 1)[0] == expected);
}

#[test]
fn a_file_that_became_shorter_ends_the_connection_instead_of_sending_something_else() {
    for (number, (real, size_bytes)) in
        [(true, 300_000), (true, 20_000), (false, 300_000)].into_iter().enumerate()
    {
        let file = TestFile::with(&format!("short-{number}"), &pattern(10_000), real);
        let server = Server::start(Limits::default());
        let mut client = server.connect();
        server.toy.script(1, move |head| fetch_answer(head, vec![vec![slice(&file, 0, size_bytes)]]));
        client.send(&ask(FETCH, 1, b'f'));
        assert_eq!(client.receive(), None, "half an answer is none");
        server.wait_closed("file_too_short", 1);
    }
}

#[test]
fn pieces_that_do_not_make_up_the_records_are_noticed() {
    let head =
        RequestHead { api_key: jackdaw_protocol::api_key::ApiKey::Fetch, api_version: 4, correlation_id: 1 };
    let memory = |size_bytes| Piece::Memory(Bytes::from(vec![0; size_bytes]));
    let answer = |external: usize, pieces: Vec<Piece>| {
        let data = PartitionData { records: Some(Records::External(external)), ..PartitionData::default() };
        let topic = FetchableTopicResponse { partitions: vec![data], ..Default::default() };
        let answer = FetchResponse { responses: vec![topic], ..FetchResponse::default() };
        Response::encode_with(head, &answer, pieces).map(|response| response.size_bytes())
    };
    assert!(answer(5, vec![memory(2), memory(0), memory(3)]).is_ok());
    for (external, pieces) in [(5, vec![memory(4)]), (5, vec![memory(6)]), (0, vec![memory(1)]), (5, vec![])]
    {
        assert!(matches!(answer(external, pieces), Err(CloseReason::PiecesDoNotFit)), "{external}");
    }
}
