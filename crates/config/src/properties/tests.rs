//! Tests of `properties`; the golden cases are what `java.util.Properties` made of generated files. Left out are
//! files that end with a lone backslash: Java makes an entry without a name of it.

use super::*;

const JAVA: &str = include_str!("../../../../tests/golden/configs/properties.tsv");

fn text(hexadecimal: &str) -> String {
    let byte = |index: usize| u8::from_str_radix(&hexadecimal[index..index + 2], 16).unwrap();
    String::from_utf8((0..hexadecimal.len()).step_by(2).map(byte).collect()).unwrap()
}

#[test]
fn files_are_read_as_java_reads_them() {
    for line in JAVA.lines() {
        let (file, expected) = line.split_once('\t').unwrap();
        let file = text(file);
        let pairs = expected.split(',').filter(|pair| !pair.is_empty());
        let expected: Vec<(String, String)> = pairs
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        let ours: Vec<_> = parse(file.as_bytes()).unwrap().into_iter().map(|p| (p.name, p.value)).collect();
        assert_eq!(ours, expected, "{file:?}");
    }
}

#[test]
fn entries_know_their_lines() {
    let file = "# comment\n\na=1\nb = one, \\\r\n    two\n! c\rc:3\n\n  d\t4  \ne";
    let entries: Vec<_> =
        parse(file.as_bytes()).unwrap().into_iter().map(|p| (p.line, p.name, p.value)).collect();
    let expected = [(3, "a", "1"), (4, "b", "one, two"), (7, "c", "3"), (9, "d", "4  "), (10, "e", "")];
    let expected = expected.map(|(line, name, value)| (line, name.to_owned(), value.to_owned()));
    assert_eq!(entries, expected);
}

#[test]
fn bad_files_are_refused_with_the_reason() {
    let error = parse(b"a=1\nb=\\u12g4").unwrap_err();
    assert_eq!(error, PropertiesError::BadEscape { line: 2 });
    assert!(error.to_string().starts_with("line 2: \\u needs four hexadecimal digits"));
    assert_eq!(parse(b"b=\\u1"), Err(PropertiesError::BadEscape { line: 1 }));
    let size_bytes = FILE_BYTES_MAX + 1;
    assert_eq!(parse(&vec![b'a'; size_bytes]), Err(PropertiesError::TooLarge { size_bytes }));
}

#[test]
fn older_files_are_latin_1_and_a_mark_at_the_start_is_no_name() {
    assert_eq!(parse(b"name=\xe9").unwrap()[0].value, "é");
    assert_eq!(parse("name=é".as_bytes()).unwrap()[0].value, "é");
    assert_eq!(parse("\u{feff}name=1".as_bytes()).unwrap()[0].name, "name");
}

#[test]
fn what_is_written_is_read_again() {
    let entries = [
        ("plain", "value"),
        ("with space=and:more", "  leading and trailing  "),
        ("#comment", "!no comment\\"),
        ("", "tab\tline\nreturn\rfeed\x0c"),
        ("ünïcode", "😀 \\u0041"),
    ];
    let written = write(entries);
    assert!(written.is_ascii());
    let read: Vec<_> = parse(written.as_bytes()).unwrap().into_iter().map(|p| (p.name, p.value)).collect();
    assert_eq!(read, entries.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn no_bytes_make_it_panic() {
    // A small generator: the same files in every run.
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    const PIECES: &[&[u8]] = &[
        b"\\",
        b"\\u",
        b"=",
        b":",
        b" ",
        b"\n",
        b"\r",
        b"#",
        b"!",
        b"a",
        b"\xff",
        "é".as_bytes(),
        b"\0",
        b"12",
    ];
    for _ in 0..20_000 {
        let mut bytes = Vec::new();
        for _ in 0..next() % 20 {
            bytes.extend_from_slice(PIECES[next() % PIECES.len()]);
        }
        if let Ok(properties) = parse(&bytes) {
            let entries = properties.iter().map(|p| (p.name.as_str(), p.value.as_str()));
            let again = parse(write(entries).as_bytes()).unwrap();
            let pairs = |properties: &[Property]| -> Vec<_> {
                properties.iter().map(|p| (p.name.clone(), p.value.clone())).collect()
            };
            assert_eq!(pairs(&again), pairs(&properties), "{bytes:?}");
        }
    }
}
