use super::*;

#[test]
fn murmur2_is_javas() {
    // From running Java's `Utils.murmur2`.
    let check =
        |text: &str, expected: i32| assert_eq!(murmur2(text.as_bytes()).cast_signed(), expected, "{text}");
    check("21", -973_932_308);
    check("foobar", -790_332_482);
    check("a-little-bit-long-string", -985_981_536);
    check("a-little-bit-longer-string", -1_486_304_829);
    check("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971);
    check("abc", 479_470_107);
}

#[test]
fn crc32_is_zlibs() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    assert_eq!(crc32(b""), 0);
}

#[test]
fn fnv1a_is_librdkafkas() {
    // From running librdkafka's `rd_fnv1a`.
    let check = |text: &str, expected: u32| assert_eq!(fnv1a(text.as_bytes()), expected, "{text}");
    check("kafka", 0x0d33_c4e1);
    check("giberish123456789", 0x77a5_8295);
    check("1234", 0x023b_dd03);
    check("234", 0x2dea_3cd2);
    check("PreAmbleWillBeRemoved,ThePrePartThatIs", 0x65cb_d69c);
    check("", 0x7ee3_623b);
}
