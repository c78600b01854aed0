use super::*;

#[test]
fn objects_become_records() {
    let line = br#"{"topic":"t","offset":3,"key":"k","value":{"a":1},"headers":{"h":"v","n":null},"partition":2,"timestamp":5}"#;
    let expected = JsonRecord {
        key: Some(b"k".to_vec()),
        value: Some(br#"{"a":1}"#.to_vec()),
        headers: vec![("h".to_owned(), Some(b"v".to_vec())), ("n".to_owned(), None)],
        partition: Some(2),
        timestamp_ms: Some(5),
    };
    assert_eq!(parse(line), Ok(expected));
    let bytes = parse(br#"{"value":{"base64":"AP8="},"headers":[["h","1"],["h","2"]]}"#).expect("a record");
    assert_eq!((bytes.value, bytes.headers.len()), (Some(vec![0, 255]), 2));
    assert_eq!(parse(br#"{"value":null}"#), Ok(JsonRecord::default()));
}

#[test]
fn what_is_no_record_is_refused() {
    for line in [
        "",
        "1",
        "[]",
        "{\"valu\":1}",
        "{\"partition\":\"x\"}",
        "{\"headers\":1}",
        "{\"value\":{\"base64\":\"?\"}}",
    ] {
        assert!(parse(line.as_bytes()).is_err(), "{line}");
    }
}
