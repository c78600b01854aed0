use super::*;

#[test]
fn keys_headers_and_nothing() {
    let format = LineFormat {
        parse_headers: true,
        parse_key: true,
        key_separator: "::".to_owned(),
        null_marker: Some("NULL".to_owned()),
        ..LineFormat::default()
    };
    let check = |line: &str, headers: &[LineHeader<'_>], key: Option<&str>, value: Option<&str>| {
        let expected = LineRecord {
            key: key.map(str::as_bytes),
            value: value.map(str::as_bytes),
            headers: headers.to_vec(),
        };
        assert_eq!(format.parse(line.as_bytes(), 1).as_ref(), Ok(&expected), "{line}");
    };
    check("a:1,b:2\tk::v", &[("a", Some(b"1")), ("b", Some(b"2"))], Some("k"), Some("v"));
    check("a:NULL\tNULL::NULL", &[("a", None)], None, None);
    check("NULL\tk::v::w", &[], Some("k"), Some("v::w"));
    check("a:\t::", &[("a", Some(b""))], Some(""), Some(""));
}

#[test]
fn what_is_missing_is_refused_or_taken_as_it_is() {
    let format = LineFormat { parse_key: true, ..LineFormat::default() };
    let expected = "No key separator found on line number 7: 'abc'";
    assert_eq!(format.parse(b"abc", 7), Err(expected.to_owned()));
    let lenient = LineFormat { ignore_error: true, ..format };
    assert_eq!(lenient.parse(b"abc", 7), Ok(LineRecord { value: Some(b"abc"), ..LineRecord::default() }));
    let headers = LineFormat { parse_headers: true, ..LineFormat::default() };
    assert!(headers.parse(b"a\tv", 1).is_err());
}

#[test]
fn separators_have_to_differ() {
    assert_eq!(LineFormat::default().check(), Ok(()));
    let same = LineFormat { headers_separator: ":".to_owned(), ..LineFormat::default() };
    assert_eq!(same.check(), Err("headers.separator and headers.key.separator may not be equal".to_owned()));
    let marker = LineFormat { null_marker: Some("\t".to_owned()), ..LineFormat::default() };
    assert!(marker.check().is_err());
}
