//! Tests of `value`.

use super::*;

#[test]
fn fractions_are_written_as_java_writes_them() {
    for (value, text) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.5, "0.5"),
        (1.0, "1.0"),
        (0.001, "0.001"),
        (0.000_95, "9.5E-4"),
        (9_999_999.0, "9999999.0"),
        (10_000_000.0, "1.0E7"),
        (123_456_789.0, "1.23456789E8"),
        (-2.5e-10, "-2.5E-10"),
        (f64::MAX, "1.7976931348623157E308"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
    ] {
        assert_eq!(Value::Double(value).to_text().as_deref(), Some(text));
    }
}

#[test]
fn texts_become_values_of_their_type() {
    let check = |value_type, text, expected: Result<Value, Problem>| {
        assert_eq!(Value::parse(value_type, text), expected, "{text:?}");
    };
    let not = |value_type| Err(Problem::NotANumber(value_type));
    check(ValueType::Boolean, " TRUE ", Ok(Value::Boolean(true)));
    check(ValueType::Boolean, "False", Ok(Value::Boolean(false)));
    check(ValueType::Boolean, "yes", Err(Problem::NotABoolean));
    check(ValueType::Int, " +7\t", Ok(Value::Int(7)));
    check(ValueType::Int, "2147483648", not(ValueType::Int));
    check(ValueType::Int, "", not(ValueType::Int));
    check(ValueType::Int, "1.0", not(ValueType::Int));
    check(ValueType::Short, "32767", Ok(Value::Short(i16::MAX)));
    check(ValueType::Short, "32768", not(ValueType::Short));
    check(ValueType::Long, "-9223372036854775808", Ok(Value::Long(i64::MIN)));
    check(ValueType::Double, "1e3", Ok(Value::Double(1000.0)));
    check(ValueType::Double, "a", not(ValueType::Double));
    check(ValueType::String, "  a b ", Ok(Value::Text("a b".to_owned())));
    let list = |entries: &[&str]| Ok(Value::List(entries.iter().map(ToString::to_string).collect()));
    check(ValueType::List, "", list(&[]));
    check(ValueType::List, " a ,b,, c", list(&["a", "b", "", "c"]));
}

#[test]
fn secrets_are_shown_nowhere() {
    let value = Value::parse(ValueType::Password, "hunter2").unwrap();
    assert_eq!(value.to_text().as_deref(), Some("[hidden]"));
    assert_eq!(format!("{value:?}"), "Password([hidden])");
    let Value::Password(secret) = value else { panic!("a secret") };
    assert_eq!(format!("{secret} {secret:?}"), "[hidden] [hidden]");
    assert_eq!(secret.reveal(), "hunter2");
}
