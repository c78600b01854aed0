//! Rule N1: what overlaps, what waits, and in which order answers leave.

use super::toy::*;
use crate::limits::Limits;

use Event::{Answered, Dropped, Executed, Interrupted};

#[test]
fn pipelined_requests_are_executed_and_answered_in_order() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    let requests: Vec<u8> =
        (0..300).flat_map(|id| ask([METADATA, PRODUCE, FETCH][id as usize % 3], id, b'n')).collect();
    client.send(&requests);
    for id in 0..300 {
        assert_eq!(client.receive_id(), Some(id));
        server.expect(&[Executed(id)]);
    }
}

#[test]
fn produce_overlaps_with_produce_and_answers_keep_their_order() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    for (id, mode) in [(1, b'l'), (2, b'l'), (3, b'n'), (4, b'0'), (5, b'l')] {
        client.send(&ask(PRODUCE, id, mode));
    }
    // All are executed although none of the first is answered.
    server.expect(&[Executed(1), Executed(2), Executed(3), Executed(4), Executed(5)]);
    server.toy.release(5);
    server.toy.release(2);
    server.toy.release(1);
    for id in [1, 2, 3, 5] {
        assert_eq!(client.receive_id(), Some(id));
    }
}

#[test]
fn other_requests_wait_for_all_before_them_and_let_none_overtake() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    for (api_key, id, mode) in
        [(PRODUCE, 1, b'l'), (METADATA, 2, b'n'), (PRODUCE, 3, b'n'), (FETCH, 4, b'l'), (PRODUCE, 5, b'n')]
    {
        client.send(&ask(api_key, id, mode));
    }
    server.expect(&[Executed(1)]);
    server.expect_silence();
    server.toy.release(1);
    server.expect(&[Answered(1), Executed(2), Executed(3), Executed(4)]);
    server.expect_silence();
    server.toy.release(4);
    server.expect(&[Answered(4), Executed(5)]);
    for id in 1..=5 {
        assert_eq!(client.receive_id(), Some(id));
    }
}

#[test]
fn a_parked_request_that_wants_to_know_hears_of_the_next_one() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send(&ask(FETCH, 1, b'i'));
    server.expect(&[Executed(1)]);
    server.expect_silence();
    client.send(&ask(METADATA, 2, b'n'));
    server.expect(&[Interrupted(1), Answered(1), Executed(2)]);
    assert_eq!(client.receive_id(), Some(1));
    assert_eq!(client.receive_id(), Some(2));
    // The same when the next one is there already.
    client.send(&[ask(FETCH, 3, b'i'), ask(FETCH, 4, b'i')].concat());
    server.expect(&[Executed(3), Interrupted(3), Answered(3), Executed(4)]);
}

#[test]
fn a_client_that_leaves_while_parked_is_forgotten_at_once() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send(&ask(FETCH, 1, b'l'));
    server.expect(&[Executed(1)]);
    drop(client);
    server.expect(&[Dropped(1)]);
    server.wait_closed("client_gone", 1);
    server.wait_until("the connection is gone", || server.listeners.connection_count() == 0);
}

#[test]
fn what_was_sent_to_be_stored_is_stored_although_the_client_left() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    let frames = [ask(FETCH, 1, b'l'), ask(PRODUCE, 2, b'0'), ask(METADATA, 3, b'n'), ask(PRODUCE, 4, b'0')];
    client.send(&frames.concat());
    server.expect(&[Executed(1)]);
    drop(client);
    // One frame ahead is read while another one waits, so the end is only seen when the fetch is done.
    server.toy.release(1);
    server.expect(&[Answered(1), Executed(2)]);
    loop {
        match server.next_event() {
            Executed(3) => {}
            Executed(4) => break,
            event => panic!("{event:?}"),
        }
    }
}

#[test]
fn a_client_that_only_stops_sending_still_gets_what_it_waits_for() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send(&ask(PRODUCE, 1, b'l'));
    server.expect(&[Executed(1)]);
    client.0.shutdown(std::net::Shutdown::Write).expect("shuts down");
    server.toy.release(1);
    assert_eq!(client.receive_id(), Some(1));
    assert_eq!(client.receive_id(), None);
}

#[test]
fn the_number_of_open_slots_is_limited() {
    let limits = Limits { slots_max: 3, ..Limits::default() };
    let server = Server::start(limits);
    let mut client = server.connect();
    for id in 0..10 {
        client.send(&ask(PRODUCE, id, b'l'));
    }
    server.expect(&[Executed(0), Executed(1), Executed(2)]);
    server.expect_silence();
    for id in 0..10 {
        server.toy.release(id);
        assert_eq!(client.receive_id(), Some(id));
    }
}

#[test]
fn stopping_finishes_produce_and_drops_what_is_parked() {
    let server = Server::start(Limits::default());
    let (mut producer, mut consumer, idle) = (server.connect(), server.connect(), server.connect());
    producer.send(&ask(PRODUCE, 1, b'l'));
    server.expect(&[Executed(1)]);
    consumer.send(&ask(FETCH, 2, b'l'));
    server.expect(&[Executed(2)]);
    server.wait_until("all are connected", || server.listeners.connection_count() == 3);
    let left = std::thread::scope(|scope| {
        let stopping = scope.spawn(|| server.runtime.block_on(server.listeners.stop()));
        server.expect(&[Dropped(2)]);
        assert_eq!(consumer.receive(), None);
        server.toy.release(1);
        assert_eq!(producer.receive_id(), Some(1));
        assert_eq!(producer.receive(), None);
        stopping.join().expect("no panic")
    });
    assert_eq!(left, 0);
    assert!(std::net::TcpStream::connect(server.address).is_err(), "nobody is accepted any more");
    drop(idle);
}
