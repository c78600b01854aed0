//! Bytes that no good client sends, and clients that do not play along.

use std::io::Write;

use super::toy::*;
use crate::limits::{ChangingLimits, LimitValues, Limits};
use crate::testing::{framed, request};

#[test]
fn bad_frames_close_their_connection_and_no_other() {
    let server = Server::start(Limits::default());
    let mut bystander = server.connect();
    let cases: [(&str, Vec<u8>); 15] = [
        ("frame_negative", (-5i32).to_be_bytes().to_vec()),
        ("frame_negative", i32::MIN.to_be_bytes().to_vec()),
        ("frame_too_long", 104_857_601i32.to_be_bytes().to_vec()),
        ("frame_too_long", i32::MAX.to_be_bytes().to_vec()),
        ("http", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        ("http", b"POST /topics HTTP/1.1\r\n\r\n".to_vec()),
        ("tls", vec![0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
        ("bad_header", framed(&[])),
        ("bad_header", framed(&[0, 18])),
        ("bad_header", framed(&[0, 18, 0, 0, 0, 0, 0, 7, 0x7f, 0xff, b'x'])),
        ("unknown_api", framed(&request(999, 0, 1, false, &[]))),
        ("unknown_api", framed(&request(-1, 0, 1, false, &[]))),
        ("unsupported_version", framed(&request(PRODUCE, 2, 1, false, b"n"))),
        ("unsupported_version", framed(&request(METADATA, 99, 1, true, b"n"))),
        ("undecodable", framed(&request(FETCH, 4, 1, false, &[0xff; 40]))),
    ];
    for (number, (reason, bytes)) in cases.iter().enumerate() {
        let before = server.edge.metrics.connections.closed(reason);
        let mut client = server.connect();
        client.send(bytes);
        assert_eq!(client.receive(), None, "{reason}");
        server.wait_closed(reason, before + 1);
        bystander.send(&ask(METADATA, number as i32, b'n'));
        assert_eq!(bystander.receive_id(), Some(number as i32), "{reason}");
    }
}

#[test]
fn a_bad_frame_behind_good_ones_ends_the_connection_after_their_answers() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send(&[ask(PRODUCE, 1, b'l'), ask(PRODUCE, 2, b'n'), (-1i32).to_be_bytes().to_vec()].concat());
    server.expect(&[Event::Executed(1), Event::Executed(2)]);
    server.toy.release(1);
    assert_eq!(client.receive_id(), Some(1));
    assert_eq!(client.receive_id(), Some(2));
    assert_eq!(client.receive(), None);
}

#[test]
fn api_versions_in_a_version_from_the_future_is_answered_in_version_0() {
    let server = Server::start(Limits::default());
    // As Kafka 4.3.1 answers: correlation id, error 35, one row for ApiVersions.
    let expected = [0, 0, 0, 7, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4];
    for (version, flexible, body) in [(9, true, &[0xff; 9][..]), (32_767, true, &[]), (-1, false, &[])] {
        let mut client = server.connect();
        client.send(&framed(&request(API_VERSIONS, version, 7, flexible, body)));
        assert_eq!(client.receive().as_deref(), Some(&expected[..]), "{version}");
        client.send(&framed(&request(API_VERSIONS, 0, 8, false, b"bytes behind the message")));
        assert_eq!(client.receive_id(), Some(8));
    }
}

#[test]
fn a_client_says_what_software_it_is() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send(&framed(&request(API_VERSIONS, 3, 1, true, b"\x0blibrdkafka\x062.6.1\0")));
    assert_eq!(client.receive_id(), Some(1));
    client.send(&framed(&request(API_VERSIONS, 3, 2, true, b"\x02-\x02b\0")));
    assert_eq!(client.receive_id(), Some(2));
    let contexts = server.toy.contexts.lock();
    for context in contexts.iter() {
        let software = context.software.as_ref().expect("it said so");
        assert_eq!((&*software.name, &*software.version), ("librdkafka", "2.6.1"));
        assert_eq!(context.client_id(), "test");
        assert_eq!(context.principal.to_string(), "User:ANONYMOUS");
        assert_eq!(context.connection.client_host().to_string(), "127.0.0.1");
    }
    assert_eq!(contexts.len(), 2);
}

#[test]
fn a_panic_ends_one_connection_after_the_answers_before_it() {
    let server = Server::start(Limits::default());
    for (api_key, mode) in [(METADATA, b'p'), (METADATA, b'q'), (PRODUCE, b'q')] {
        let before = server.edge.metrics.connections.closed("panicked");
        let mut client = server.connect();
        server.toy.release(2);
        client.send(&[ask(METADATA, 1, b'n'), ask(api_key, 2, mode)].concat());
        assert_eq!(client.receive_id(), Some(1));
        assert_eq!(client.receive(), None);
        server.wait_closed("panicked", before + 1);
    }
    let mut client = server.connect();
    client.send(&ask(PRODUCE, 3, b'n'));
    assert_eq!(client.receive_id(), Some(3));
}

#[test]
fn an_error_without_an_answer_closes_the_connection() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send(&[ask(PRODUCE, 1, b'n'), ask(PRODUCE, 2, b'x'), ask(PRODUCE, 3, b'n')].concat());
    assert_eq!(client.receive_id(), Some(1));
    assert_eq!(client.receive(), None);
    server.wait_closed("silent_error", 1);
}

#[test]
fn a_client_that_does_not_read_is_not_served_on() {
    let limits = Limits { answer_bytes_max: 100_000, send_buffer_bytes: Some(32_768), ..Limits::default() };
    let server = Server::start(limits);
    let mut client = server.connect();
    socket2::SockRef::from(&client.0).set_recv_buffer_size(32_768).expect("sets");
    let count = 2_000;
    let requests: Vec<u8> = (0..count).flat_map(|id| ask(METADATA, id, b'b')).collect();
    let mut writer = client.0.try_clone().expect("clones");
    // Requests in the socket's buffers are not ours to bound; 60 KB may or may not fit, so a thread writes them.
    let sending = std::thread::Builder::new().spawn(move || writer.write_all(&requests)).expect("spawns");
    let mut executed = 0;
    let mut ahead_max = 0;
    for id in 0..count {
        assert_eq!(client.receive_id(), Some(id));
        while executed <= id {
            assert_eq!(server.next_event(), Event::Executed(executed));
            executed += 1;
        }
        while server.try_event().is_some() {
            executed += 1;
        }
        ahead_max = ahead_max.max(executed - id);
    }
    sending.join().expect("no panic").expect("all are sent");
    // 100 kB of answers, and what two sockets hold: Linux doubles buffers, and counts packets generously.
    assert!(ahead_max < 40, "{ahead_max} answers of 32 kB were made ahead of the client");
}

#[test]
fn a_long_frame_in_small_bites_is_served_and_its_memory_given_back() {
    let server = Server::start(Limits { queued_request_bytes_max: 1_000_000, ..Limits::default() });
    let (mut slow, mut fast) = (server.connect(), server.connect());
    let mut body = vec![0; 3_000_000];
    body[0] = b'n';
    let frame = framed(&request(METADATA, 1, 1, false, &body));
    let (head, rest) = frame.split_at(700_000);
    for bite in head.chunks(50_001) {
        slow.send(bite);
    }
    server.wait_until("memory is taken", || server.edge.memory.used_bytes() > 0);
    // A small request needs none of the budget.
    fast.send(&ask(METADATA, 2, b'n'));
    assert_eq!(fast.receive_id(), Some(2));
    for bite in rest.chunks(70_001) {
        slow.send(bite);
    }
    assert_eq!(slow.receive_id(), Some(1));
    drop(slow);
    server.wait_until("memory is given back", || server.edge.memory.used_bytes() == 0);
}

#[test]
fn long_frames_share_the_budget_and_all_get_through() {
    let server = Server::start(Limits { queued_request_bytes_max: 500_000, ..Limits::default() });
    let mut body = vec![0; 400_000];
    body[0] = b'n';
    std::thread::scope(|scope| {
        for id in 0..8 {
            let (server, body) = (&server, &body);
            scope.spawn(move || {
                let mut client = server.connect();
                for _ in 0..5 {
                    client.send(&framed(&request(METADATA, 1, id, false, body)));
                    assert_eq!(client.receive_id(), Some(id));
                }
            });
        }
    });
    server.wait_until("memory is given back", || server.edge.memory.used_bytes() == 0);
}

fn within(values: LimitValues) -> Limits {
    Limits { changing: ChangingLimits::new(values), ..Limits::default() }
}

#[test]
fn one_address_has_no_more_connections_than_it_may() {
    let server =
        Server::start(within(LimitValues { connections_per_address_max: 2, ..LimitValues::default() }));
    let (mut first, _second) = (server.connect(), server.connect());
    server.wait_until("both are connected", || server.listeners.connection_count() == 2);
    assert_eq!(server.connect().receive(), None);
    first.send(&ask(METADATA, 1, b'n'));
    assert_eq!(first.receive_id(), Some(1));
    drop(first);
    server.wait_until("one is gone", || server.listeners.connection_count() == 1);
    let mut third = server.connect();
    third.send(&ask(METADATA, 2, b'n'));
    assert_eq!(third.receive_id(), Some(2));
}

#[test]
fn beyond_max_connections_clients_wait_for_their_turn() {
    let server = Server::start(within(LimitValues { connections_max: 1, ..LimitValues::default() }));
    let mut first = server.connect();
    first.send(&ask(METADATA, 1, b'n'));
    assert_eq!(first.receive_id(), Some(1));
    let mut second = server.connect();
    second.send(&ask(METADATA, 2, b'n'));
    server.expect(&[Event::Executed(1)]);
    server.expect_silence();
    drop(first);
    assert_eq!(second.receive_id(), Some(2));
    let mut third = server.connect();
    third.send(&ask(METADATA, 3, b'n'));
    server.edge.limits.changing.change(LimitValues::default());
    assert_eq!(third.receive_id(), Some(3), "the limit was raised while it waited");
}
