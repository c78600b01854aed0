use super::{decode, encode};

#[test]
fn it_is_the_standard_one() {
    for (bytes, text) in
        [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"\xfb\xff\xbf\xff", "+/+//w==")]
    {
        assert_eq!(encode(bytes), text);
        assert_eq!(decode(text).as_deref(), Some(bytes));
    }
    for text in ["Zg", "Z===", "Zm9*", "===="] {
        assert_eq!(decode(text), None, "{text}");
    }
}
