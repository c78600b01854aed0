use super::*;

const WHOLE: [(&str, &str); 6] = [
    ("node.id", "5"),
    ("process.roles", "controller"),
    ("log.dirs", "/a, /b"),
    ("controller.listener.names", "CONTROLLER,SECOND"),
    ("listeners", "CONTROLLER://:9093, SECOND://[::1]:9094"),
    ("advertised.listeners", "SECOND://c5:9095"),
];

#[test]
fn a_controllers_file_says_who_and_where_it_is() {
    let pairs = Pairs::of(&WHOLE);
    assert_eq!(pairs.controller_id().ok(), Some(5));
    assert_eq!(pairs.metadata_directory().ok().as_deref(), Some("/a"));
    let joining =
        Joining { id: 5, directory_id: Uuid::from_u128(1), endpoints: pairs.endpoints().expect("endpoints") };
    assert_eq!(
        joining.described(),
        format!(
            "controller 5 with directory id {} and endpoints: CONTROLLER://localhost:9093, SECOND://c5:9095",
            Uuid::from_u128(1)
        )
    );
}

#[test]
fn what_is_missing_is_named() {
    let without =
        |name: &str| Pairs::of(&WHOLE.into_iter().filter(|(known, _)| *known != name).collect::<Vec<_>>());
    let said = |result: Result<_, Failure>| result.err().map(|failure| failure.message).unwrap_or_default();
    assert!(said(without("node.id").controller_id()).starts_with("node.id not found in"));
    assert!(said(without("process.roles").controller_id()).starts_with("process.roles did not contain"));
    assert!(without("log.dirs").metadata_directory().is_err());
    assert!(without("controller.listener.names").endpoints().is_err());
    assert!(without("listeners").endpoints().is_err());
}
