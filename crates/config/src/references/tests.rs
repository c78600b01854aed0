use super::*;

fn check(value: &str, expected: &str) {
    let shown = resolve(value, |reference| {
        Ok::<_, ()>(format!("<{}|{}|{}>", reference.provider, reference.path, reference.key))
    });
    assert_eq!(shown.as_deref(), Ok(expected), "{value}");
    assert_eq!(has_reference(value), expected.contains('<'), "{value}");
}

#[test]
fn references_are_found_where_kafka_finds_them() {
    check("plain", "plain");
    check("", "");
    check("${file:/etc/secrets:password}", "<file|/etc/secrets|password>");
    check("${env:HOME}", "<env||HOME>");
    check("a ${env:B} c ${dir:/d:e} f", "a <env||B> c <dir|/d|e> f");
    check("${env:A}${env:B}", "<env||A><env||B>");
    check("${file:C:/x:y}", "<file|C|/x:y>");
    check("${no-colon} ${env:A}", "${no-colon} <env||A>");
    check("${env:open", "${env:open");
    check("$ {env:A} $", "$ {env:A} $");
    check("\u{e4}${env:\u{f6}}\u{fc}", "\u{e4}<env||\u{f6}>\u{fc}");
}

#[test]
fn what_is_found_is_not_looked_at_again_and_an_error_ends_it() {
    let nested = resolve("${a:b}", |_| Ok::<_, ()>("${c:d}".to_owned()));
    assert_eq!(nested.as_deref(), Ok("${c:d}"));
    let mut asked = 0;
    let failed = resolve("${a:b} ${c:d}", |reference| {
        asked += 1;
        Err(reference.text.to_owned())
    });
    assert_eq!((failed, asked), (Err("${a:b}".to_owned()), 1));
}
