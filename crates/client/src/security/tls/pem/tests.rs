use super::*;

#[test]
fn sections_are_found_among_other_text_and_in_one_line() {
    let lines = "Bag Attributes\n  name: x\n-----BEGIN A B-----\nZm9v\nYmFy\n-----END A B-----\ntail\n\
                 -----BEGIN C-----\r\n-----END C-----\r\n";
    for text in [lines.to_owned(), lines.replace(['\n', '\r'], " ")] {
        let sections = sections(&text).expect("are sections");
        let found: Vec<_> =
            sections.iter().map(|section| (section.label.as_str(), &section.bytes[..])).collect();
        assert_eq!(found, [("A B", &b"foobar"[..]), ("C", b"")]);
    }
    assert!(is_pem(b"text\n-----BEGIN A") && !is_pem(b"-----BEGIN") && !is_pem(b""));
}

#[test]
fn damaged_sections_are_refused() {
    let check = |text: &str, expected: &str| assert_eq!(sections(text).err(), Some(expected), "{text}");
    check("-----BEGIN A", "a BEGIN without its dashes");
    check("-----BEGIN A-----Zm9v", "a section without an END");
    check("-----BEGIN A-----Zm9v-----END B-----", "a section whose END is another's");
    check("-----BEGIN A-----Zm9-----END A-----", "a section that is no base64");
    assert!(sections("").expect("nothing is nothing").is_empty());
}

proptest::proptest! {
    #[test]
    fn no_text_ends_the_program(text in "(-----BEGIN |-----END |-----|A|=|\\PC){0,20}") {
        let _ = sections(&text);
    }
}
