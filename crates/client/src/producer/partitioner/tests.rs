use super::*;

#[test]
fn keys_go_where_other_clients_put_them() {
    let check = |kind, key: Option<&str>, expected| {
        assert_eq!(choose(kind, key.map(str::as_bytes), false, 10), expected, "{kind:?} {key:?}");
    };
    use PartitionerKind::*;
    let of = |hash: u32| Choice::Partition((hash % 10).cast_signed());
    check(Default, Some("foobar"), of((-790_332_482_i32).cast_unsigned() & 0x7fff_ffff));
    check(Default, Some(""), of(murmur2(b"") & 0x7fff_ffff));
    check(Default, None, Choice::Sticky);
    check(Murmur2, None, of(murmur2(b"") & 0x7fff_ffff));
    check(Murmur2Random, None, Choice::Sticky);
    check(Consistent, Some("123456789"), of(0xcbf4_3926));
    check(Consistent, None, Choice::Partition(0));
    check(ConsistentRandom, Some(""), Choice::Sticky);
    check(ConsistentRandom, Some("123456789"), of(0xcbf4_3926));
    check(Fnv1a, Some("kafka"), of(0x0d33_c4e1));
    check(Fnv1a, None, of(0x7ee3_623b));
    check(Fnv1aRandom, Some(""), of(0x7ee3_623b));
    check(Fnv1aRandom, None, Choice::Sticky);
    check(RoundRobin, Some("key"), Choice::Next);
    check(Random, Some("key"), Choice::Random);
}

#[test]
fn keys_can_be_ignored() {
    assert_eq!(choose(PartitionerKind::Default, Some(b"key"), true, 10), Choice::Sticky);
}
