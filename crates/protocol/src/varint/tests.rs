use super::*;
use proptest::prelude::*;

#[test]
fn known_encodings() {
    let cases: [(i32, &[u8]); 8] = [
        (0, &[0]),
        (-1, &[1]),
        (1, &[2]),
        (63, &[0x7e]),
        (-64, &[0x7f]),
        (64, &[0x80, 0x01]),
        (i32::MAX, &[0xfe, 0xff, 0xff, 0xff, 0x0f]),
        (i32::MIN, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
    ];
    for (value, bytes) in cases {
        let mut output = Vec::new();
        put_varint(&mut output, value);
        assert_eq!(output, bytes, "{value}");
        assert_eq!(varint_size(value), bytes.len());
        assert_eq!(take_varint(&mut &output[..]), Ok(value));
    }
}

#[test]
fn what_is_cut_off_or_does_not_end_is_refused() {
    assert_eq!(take_varint(&mut &[][..]), Err(VarintError::Truncated));
    assert_eq!(take_varint(&mut &[0x80; 4][..]), Err(VarintError::Truncated));
    assert_eq!(take_varint(&mut &[0x80; 5][..]), Err(VarintError::TooLong { bytes_max: 5 }));
    assert_eq!(take_varlong(&mut &[0x80; 9][..]), Err(VarintError::Truncated));
    assert_eq!(take_varlong(&mut &[0xff; 11][..]), Err(VarintError::TooLong { bytes_max: 10 }));
}

#[test]
fn an_error_takes_nothing() {
    let mut input = &[0x80u8, 0x80][..];
    assert!(take_varint(&mut input).is_err());
    assert_eq!(input.len(), 2);
}

proptest! {
    #[test]
    fn round_trips(small: i32, large: i64, unsigned: u32, tail: Vec<u8>) {
        let mut output = Vec::new();
        put_varint(&mut output, small);
        put_varlong(&mut output, large);
        put_unsigned_varint(&mut output, unsigned);
        prop_assert_eq!(output.len(), varint_size(small) + varlong_size(large) + unsigned_varint_size(unsigned));
        output.extend(&tail);
        let mut input = &output[..];
        prop_assert_eq!(take_varint(&mut input), Ok(small));
        prop_assert_eq!(take_varlong(&mut input), Ok(large));
        prop_assert_eq!(take_unsigned_varint(&mut input), Ok(unsigned));
        prop_assert_eq!(input, &tail[..]);
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = take_varint(&mut &bytes[..]);
        let _ = take_varlong(&mut &bytes[..]);
        let _ = take_unsigned_varint(&mut &bytes[..]);
    }
}
