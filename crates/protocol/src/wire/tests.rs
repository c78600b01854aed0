use jackdaw_base::Uuid;

use super::*;

#[test]
fn varints_are_those_of_protobuf() {
    for (value, bytes) in [
        (0, &[0][..]),
        (127, &[0x7f]),
        (128, &[0x80, 1]),
        (16_384, &[0x80, 0x80, 1]),
        (u32::MAX, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
    ] {
        let mut writer = Writer::new();
        writer.varint(value);
        assert_eq!(writer.bytes, bytes);
        let mut counter = Counter::default();
        counter.varint(value);
        assert_eq!(counter.total_bytes(), bytes.len());
        assert_eq!(Reader::new(bytes).varint(), Ok(value));
    }
}

#[test]
fn a_varint_ends_within_32_bits() {
    let cases: [(&[u8], DecodeError); 3] = [
        (&[0xff, 0xff, 0xff, 0xff, 0x1f], DecodeError::VarintTooLong),
        (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01], DecodeError::VarintTooLong),
        (&[0x80], DecodeError::Truncated { needed: 1, remaining: 0 }),
    ];
    for (bytes, error) in cases {
        assert_eq!(Reader::new(bytes).varint(), Err(error), "{bytes:?}");
    }
}

#[test]
fn strings_of_both_forms() {
    type Case<'c> = (Form, &'c [u8], Result<Option<&'c str>, DecodeError>);
    let cases: [Case<'_>; 9] = [
        (Form::Classic, &[0, 2, b'h', b'i'], Ok(Some("hi"))),
        (Form::Classic, &[0, 0], Ok(Some(""))),
        (Form::Classic, &[0xff, 0xff], Ok(None)),
        (Form::Classic, &[0xff, 0xfe], Err(DecodeError::InvalidLength(-2))),
        (Form::Classic, &[0, 3, b'h', b'i'], Err(DecodeError::Truncated { needed: 3, remaining: 2 })),
        (Form::Compact, &[3, b'h', b'i'], Ok(Some("hi"))),
        (Form::Compact, &[1], Ok(Some(""))),
        (Form::Compact, &[0], Ok(None)),
        (Form::Compact, &[2, 0xff], Err(DecodeError::InvalidUtf8)),
    ];
    for (form, bytes, expected) in cases {
        let read = Reader::new(bytes).nullable_string(form);
        assert_eq!(read.as_ref().map(Option::as_deref).map_err(|error| *error), expected, "{bytes:?}");
        let required = Reader::new(bytes).string(form);
        if expected == Ok(None) {
            assert_eq!(required, Err(DecodeError::UnexpectedNull));
        }
        if let Ok(text) = expected {
            let mut writer = Writer::new();
            writer.nullable_string(form, text).expect("short");
            assert_eq!(writer.bytes, bytes);
        }
    }
}

#[test]
fn a_count_that_cannot_fit_is_refused_before_anything_is_reserved() {
    let claims: [(Form, &[u8], usize); 2] =
        [(Form::Classic, &[0x7f, 0xff, 0xff, 0xff, 0, 0], 0x7fff_ffff), (Form::Compact, &[4, 0, 0], 3)];
    for (form, bytes, count) in claims {
        let read = Reader::new(bytes).array(form, 1, |reader| reader.i8());
        assert_eq!(read, Err(DecodeError::CountTooLarge { count, remaining: 2 }));
    }
}

#[test]
fn tagged_fields_are_told_apart_and_kept() {
    // Tag 0 of two bytes, tag 7 of one byte.
    let bytes = [2, 0, 2, 0, 5, 7, 1, 9];
    let mut known = None;
    let unknown = Reader::new(&bytes)
        .tags(|tag, reader| {
            if tag == 0 {
                known = Some(reader.i16()?);
            }
            Ok(tag == 0)
        })
        .expect("whole");
    assert_eq!(known, Some(5));
    assert_eq!(unknown, [UnknownTag { tag: 7, value: vec![9].into() }]);
}

#[test]
fn unknown_tagged_fields_are_sorted_and_never_repeat() {
    let unknown = Reader::new(&[2, 7, 0, 3, 0]).unknown_tags().expect("any order");
    assert_eq!(unknown.iter().map(|field| field.tag).collect::<Vec<_>>(), [3, 7]);
    let repeated = Reader::new(&[3, 7, 0, 3, 0, 7, 0]).unknown_tags();
    assert_eq!(repeated, Err(DecodeError::RepeatedTag { tag: 7 }));
}

#[test]
fn a_string_has_at_most_32767_bytes_in_both_forms() {
    let mut bytes = vec![0x81, 0x80, 0x02];
    bytes.resize(3 + 0x8000, b'x');
    assert_eq!(Reader::new(&bytes).string(Form::Compact), Err(DecodeError::InvalidLength(0x8000)));
    bytes[..3].copy_from_slice(&[0x80, 0x80, 0x02]);
    assert_eq!(Reader::new(&bytes).string(Form::Compact).map(|text| text.len()), Ok(0x7fff));
}

#[test]
fn a_tagged_field_fills_its_size() {
    let short = Reader::new(&[1, 0, 1, 5, 5]).tags(|_, reader| reader.i16().map(|_| true));
    assert_eq!(short, Err(DecodeError::Truncated { needed: 2, remaining: 1 }));
    let long = Reader::new(&[1, 0, 3, 5, 5, 5]).tags(|_, reader| reader.i16().map(|_| true));
    assert_eq!(long, Err(DecodeError::TagSize { tag: 0 }));
}

#[test]
fn unknown_tagged_fields_rise_and_do_not_repeat_a_known_one() {
    let tag = |tag| UnknownTag { tag, value: vec![1].into() };
    for (tags, expected) in [
        (vec![tag(1), tag(5)], Ok(2)),
        (vec![tag(5), tag(1)], Err(EncodeError::TagOrder { tag: 1 })),
        (vec![tag(1), tag(1)], Err(EncodeError::TagOrder { tag: 1 })),
        (vec![tag(3)], Err(EncodeError::TagOrder { tag: 3 })),
    ] {
        let mut writer = Writer::new();
        let written = writer
            .unknown_tags(&tags, Some(3))
            .and_then(|rest| writer.unknown_tags(rest, None))
            .map(|_| writer.bytes.len() / 3);
        assert_eq!(written, expected, "{tags:?}");
    }
}

#[test]
fn external_records_leave_a_split() {
    let mut writer = Writer::new();
    writer.i16(1);
    writer.records(Form::Compact, &Records::External(300)).expect("short");
    writer.i16(2);
    assert_eq!(writer.bytes, [0, 1, 0xad, 2, 0, 2]);
    assert_eq!(writer.splits, [Split { position: 4, size_bytes: 300 }]);
    assert_eq!(writer.total_bytes(), 306);
}

#[test]
fn lengths_that_their_field_cannot_say_are_refused() {
    let text = "x".repeat(1 << 15);
    for form in [Form::Classic, Form::Compact] {
        assert_eq!(Writer::new().string(form, &text), Err(EncodeError::TooLong(1 << 15)));
    }
    let records = Records::External(1 << 31);
    assert_eq!(Writer::new().records(Form::Compact, &records), Err(EncodeError::TooLong(1 << 31)));
}

#[test]
fn what_is_owned_borrows_nothing() {
    let owned = {
        let bytes = vec![3, b'h', b'i'];
        Reader::new(&bytes).string(Form::Compact).expect("a string").own()
    };
    assert_eq!(owned, "hi");
    assert_eq!(Uuid::ONE.own(), Uuid::ONE);
}
