use jackdaw_protocol::records::Headers;

use super::*;

fn shown(format: &Format) -> String {
    let record = Record {
        topic: "orders",
        partition: 2,
        offset: 7,
        timestamp_ms: 1_709_164_800_000,
        timestamp_type: TimestampType::CreateTime,
        leader_epoch: Some(0),
        key: Some(b"k"),
        value: Some(b"v\xff"),
        headers: Headers::default(),
    };
    let mut out = Vec::new();
    format.print(&mut out, &record).expect("writes to memory");
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn formats_in_the_manner_of_kcat() {
    let check = |text: &str, expected: &str| {
        assert_eq!(shown(&Format::Parts(parts(text).expect(text))), expected, "{text}");
    };
    check("%t-%p@%o\\n", "orders-2@7\n");
    check("%k(%K) %S\\t%%\\x21", "k(1) 2\t%!");
    check("%d %T [%h]", "2024-02-29T00:00:00.000Z 1709164800000 []");
    assert!(parts("%x").is_err() && parts("100%").is_err());
}

#[test]
fn json_lines_keep_bytes() {
    assert_eq!(
        shown(&Format::Json),
        "{\"topic\":\"orders\",\"partition\":2,\"offset\":7,\"timestamp\":1709164800000,\"key\":\"k\",\"value\":{\"base64\":\"dv8=\"}}\n"
    );
}
