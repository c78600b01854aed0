use bytes::BufMut;

use super::*;

fn buffer(bytes: &[u8]) -> BytesMut {
    let mut buffer = BytesMut::new();
    buffer.put_slice(bytes);
    buffer
}

#[test]
fn frames_are_cut_at_their_sizes() {
    let mut bytes = buffer(&[0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(take_frame(&mut bytes).expect("is valid").as_deref(), Some(&[1, 2][..]));
    assert_eq!(take_frame(&mut bytes).expect("is valid").as_deref(), Some(&[][..]));
    assert_eq!(take_frame(&mut bytes).expect("is valid"), None, "a byte is missing");
    bytes.put_u8(9);
    assert_eq!(take_frame(&mut bytes).expect("is valid").as_deref(), Some(&[9][..]));
}

#[test]
fn a_size_alone_takes_little_memory() {
    let mut bytes = buffer(&[0x7f, 0xff, 0xff, 0xff, 0]);
    assert_eq!(take_frame(&mut bytes).expect("is valid"), None);
    assert!(bytes.capacity() <= 2 * GROWTH_BYTES_MAX, "{}", bytes.capacity());
}

#[test]
fn a_negative_size_is_refused() {
    assert!(take_frame(&mut buffer(&[0xff, 0xff, 0xff, 0xff])).is_err());
}
