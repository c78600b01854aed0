use std::task::Waker;

use super::*;

const REQUEST_BYTES_MAX: usize = 10_000_000;

fn input() -> Input {
    Input::new(&RequestMemory::new(1_000_000), REQUEST_BYTES_MAX)
}

/// As if the socket had brought `bytes`.
fn feed(input: &mut Input, bytes: &[u8]) {
    let mut cx = Context::from_waker(Waker::noop());
    let mut rest = bytes;
    while !rest.is_empty() {
        assert!(matches!(input.poll_room(&mut cx), Poll::Ready(Ok(()))));
        let count = rest.len().min(input.bytes.capacity() - input.bytes.len());
        assert!(count > 0, "there is always room for a frame that is not whole");
        input.bytes.extend_from_slice(&rest[..count]);
        rest = &rest[count..];
    }
}

fn frame(size_bytes: usize) -> Vec<u8> {
    let mut bytes = (size_bytes as i32).to_be_bytes().to_vec();
    bytes.resize(4 + size_bytes, 7);
    bytes
}

#[test]
fn frames_come_out_as_they_went_in_whatever_the_bites() {
    let sizes = [0, 1, 200, 16_380, 16_381, 70_000, 5, 3_000_000, 8, 20_000];
    let stream: Vec<u8> = sizes.iter().flat_map(|size| frame(*size)).collect();
    for bite in [1_000, 4_097, 65_536, 1_000_000, stream.len()] {
        let mut input = input();
        let mut sizes_out = Vec::new();
        for bytes in stream.chunks(bite) {
            let mut rest = bytes;
            while !rest.is_empty() {
                let mut cx = Context::from_waker(Waker::noop());
                assert!(matches!(input.poll_room(&mut cx), Poll::Ready(Ok(()))));
                let count = rest.len().min(input.bytes.capacity() - input.bytes.len());
                input.bytes.extend_from_slice(&rest[..count]);
                rest = &rest[count..];
                while let Some(place) = input.next().expect("good frames") {
                    assert!(input.frame_mut(place).iter().all(|byte| *byte == 7));
                    sizes_out.push(place.end - place.start);
                    input.consume(place);
                }
            }
        }
        assert_eq!(sizes_out, sizes, "bites of {bite}");
        assert_eq!(input.unread_bytes(), 0);
    }
}

#[test]
fn a_claimed_length_takes_no_memory_before_its_bytes_come() {
    let mut input = input();
    feed(&mut input, &(9_999_999i32).to_be_bytes());
    feed(&mut input, &[7; 10]);
    assert!(input.bytes.capacity() <= FRAME_RESERVE_BYTES_MAX, "{}", input.bytes.capacity());
    assert!(input.holds_shared_memory());
}

#[test]
fn lengths_are_checked_before_anything_else() {
    for (bytes, name) in [
        ((-1i32).to_be_bytes(), "frame_negative"),
        ((REQUEST_BYTES_MAX as i32 + 1).to_be_bytes(), "frame_too_long"),
        (*b"GET ", "http"),
        ([0x16, 0x03, 0x03, 0x00], "tls"),
    ] {
        let mut input = input();
        feed(&mut input, &bytes);
        let capacity = input.bytes.capacity();
        assert_eq!(input.next().expect_err("bad").name(), name);
        assert!(capacity <= READ_BUFFER_BYTES);
    }
    let mut input = input();
    feed(&mut input, &(REQUEST_BYTES_MAX as i32).to_be_bytes());
    assert!(input.next().expect("the longest there may be").is_none());
}

#[test]
fn buffers_shrink_after_long_frames_and_vanish_when_idle() {
    let mut input = input();
    feed(&mut input, &frame(900_000));
    let place = input.next().expect("good").expect("whole");
    input.consume(place);
    input.settle();
    assert!(input.bytes.capacity() >= 900_000, "the next one may be as long");
    feed(&mut input, &frame(100));
    let place = input.next().expect("good").expect("whole");
    input.consume(place);
    input.settle();
    assert!(input.bytes.capacity() <= 2 * READ_BUFFER_BYTES);
    assert!(input.lease.bytes() <= READ_BUFFER_BYTES as u64);
    input.release();
    assert_eq!((input.bytes.capacity(), input.lease.bytes()), (0, 0));
}

#[test]
fn half_a_frame_survives_shrinking() {
    let mut input = input();
    feed(&mut input, &frame(900_000));
    let place = input.next().expect("good").expect("whole");
    input.consume(place);
    let next = frame(50);
    feed(&mut input, &next[..30]);
    input.settle();
    input.settle();
    input.release();
    assert!(input.bytes.capacity() <= 2 * READ_BUFFER_BYTES);
    feed(&mut input, &next[30..]);
    assert!(input.next().expect("good").is_some());
}
