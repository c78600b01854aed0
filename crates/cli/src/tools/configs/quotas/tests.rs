use super::*;

#[test]
fn numbers_look_as_java_prints_them() {
    let check = |value: f64, expected: &str| assert_eq!(java_double(value), expected);
    check(1000.0, "1000.0");
    check(2000.5, "2000.5");
    check(10_000_000.0, "1.0E7");
    check(12_500_000.0, "1.25E7");
    check(0.0001, "1.0E-4");
}

#[test]
fn entities_are_named_in_a_fixed_order() {
    let entity = QuotaEntity::default().and("client-id", None).and("user", Some("alice"));
    assert_eq!(shown(&entity), "user-principal 'alice', the default client-id");
}
