//! JoinGroup: ids, the gathering of members, rejoins, protocols.

use super::driver::Driver;

#[test]
fn a_new_dynamic_member_is_given_an_id_to_come_again_with() {
    let mut driver = Driver::new();
    driver.join("a");
    driver.expect("a", &["join MEMBER_ID_REQUIRED as a"]);
    let id = driver.client("a").member.to_string();
    assert!(id.starts_with("c-") && id.len() == 38, "{id} is the client's id, a dash, and 36 characters");
    assert_eq!(driver.state(), "Empty");
    driver.join("a");
    driver.expect("a", &[]);
    assert_eq!(driver.state(), "PreparingRebalance");
    driver.pass_ms(3_000);
    driver.expect("a", &["joined 1 range under a [a:a]"]);
    assert_eq!(driver.state(), "CompletingRebalance");
}

#[test]
fn requests_before_version_4_and_static_members_join_at_once() {
    for is_static in [false, true] {
        let mut driver = Driver::new();
        driver.client("a").join_version = if is_static { 9 } else { 3 };
        driver.client("a").instance = is_static.then(|| "i".into());
        driver.join("a");
        driver.pass_ms(3_000);
        driver.expect("a", &["joined 1 range under a [a:a]"]);
        let prefix = if is_static { "i-" } else { "c-" };
        assert!(driver.client("a").member.starts_with(prefix));
    }
}

#[test]
fn the_first_gathering_is_extended_by_each_newcomer_up_to_the_rebalance_timeout() {
    let mut driver = Driver::new();
    for name in ["a", "b", "c"] {
        driver.client(name).rebalance_timeout_ms = 7_000;
    }
    driver.enter("a");
    driver.pass_ms(2_000);
    driver.enter("b");
    driver.pass_ms(2_000);
    driver.expect("a", &[]);
    driver.enter("c");
    driver.pass_ms(2_000);
    // 3 s, 3 s more because of b, 1 s more because of c: 7 s are the limit.
    driver.expect("a", &[]);
    driver.pass_ms(1_000);
    driver.expect("a", &["joined 1 range under a [a:a b:b c:c]"]);
    driver.expect("b", &["joined 1 range under a"]);
    driver.expect("c", &["joined 1 range under a"]);
}

#[test]
fn without_an_initial_delay_the_first_member_has_its_generation_at_once() {
    let mut driver = Driver::with_world(|world| world.settings.initial_rebalance_delay_ms = 0);
    driver.enter("a");
    driver.expect("a", &["joined 1 range under a [a:a]"]);
}

#[test]
fn a_rebalance_ends_when_all_are_back() {
    let mut driver = Driver::new();
    driver.stable(&["a", "b"]);
    driver.enter("c");
    driver.expect("c", &[]);
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat REBALANCE_IN_PROGRESS"]);
    driver.join("b");
    driver.expect("b", &[]);
    driver.join("a");
    driver.expect("a", &["joined 2 range under a [a:a b:b c:c]"]);
    driver.expect("b", &["joined 2 range under a"]);
    driver.expect("c", &["joined 2 range under a"]);
}

#[test]
fn who_is_not_back_in_time_is_removed_and_another_leads() {
    let mut driver = Driver::new();
    driver.client("b").rebalance_timeout_ms = 90_000;
    driver.client("a").session_timeout_ms = 1_000_000;
    driver.client("b").session_timeout_ms = 1_000_000;
    driver.stable(&["a", "b"]);
    driver.enter("c");
    driver.join("b");
    driver.pass_ms(89_999);
    driver.expect("b", &[]);
    // The most patient member says how long: 90 s.
    driver.pass_ms(1);
    let b = driver.heard("b");
    let c = driver.heard("c");
    assert!(b[0].starts_with("joined 2 range under"), "{b:?}");
    assert_eq!(b.len() + c.len(), 2);
    assert!(b[0].contains("[b:b c:c]") != c[0].contains("[b:b c:c]"), "one of them leads: {b:?} {c:?}");
    driver.heartbeat("a");
    driver.expect("a", &["heartbeat UNKNOWN_MEMBER_ID"]);
}

#[test]
fn rejoins_of_known_members() {
    // Who joins again, with what metadata, in which state; what it hears, and the state then.
    let unchanged = [
        ("b", "b", "Stable", "joined 1 range under a", "Stable"),
        ("b", "b", "CompletingRebalance", "joined 1 range under a", "CompletingRebalance"),
        ("a", "a", "CompletingRebalance", "joined 1 range under a [a:a b:b]", "CompletingRebalance"),
    ];
    let rebalancing = [
        ("a", "a", "Stable"),
        ("b", "new", "Stable"),
        ("a", "new", "CompletingRebalance"),
        ("b", "new", "CompletingRebalance"),
    ];
    for (name, metadata, state, heard, then) in unchanged {
        let mut driver = in_state(state);
        driver.client(name).protocols = vec![("range", metadata.to_owned())];
        driver.join(name);
        driver.expect(name, &[heard]);
        assert_eq!(driver.state(), then, "{name} {metadata} {state}");
    }
    for (name, metadata, state) in rebalancing {
        let mut driver = in_state(state);
        driver.client(name).protocols = vec![("range", metadata.to_owned())];
        driver.join(name);
        driver.expect(name, &[]);
        assert_eq!(driver.state(), "PreparingRebalance", "{name} {metadata} {state}");
    }
}

/// Two members, a leads.
fn in_state(state: &str) -> Driver {
    let mut driver = Driver::new();
    match state {
        "Stable" => driver.stable(&["a", "b"]),
        _ => {
            driver.enter("a");
            driver.enter("b");
            driver.pass_ms(6_000);
            driver.heard("a");
            driver.heard("b");
        }
    }
    assert_eq!(driver.state(), state);
    driver
}

#[test]
fn a_join_during_the_sync_phase_sends_everybody_back() {
    let mut driver = in_state("CompletingRebalance");
    driver.sync("b", &[]);
    driver.expect("b", &[]);
    driver.enter("c");
    driver.expect("b", &["sync REBALANCE_IN_PROGRESS"]);
    driver.sync("a", &[("a", "x")]);
    driver.expect("a", &["sync REBALANCE_IN_PROGRESS"]);
    driver.join("a");
    driver.join("b");
    driver.expect("b", &["joined 2 range under a"]);
}

#[test]
fn the_protocol_with_the_most_votes_wins_among_those_that_everybody_supports() {
    let mut driver = Driver::new();
    let lists: [(&str, &[&str]); 3] =
        [("a", &["sticky", "range", "robin"]), ("b", &["robin", "range"]), ("c", &["range", "robin"])];
    for (name, protocols) in lists {
        driver.client(name).protocols =
            protocols.iter().map(|protocol| (*protocol, format!("{name}-{protocol}"))).map(leak).collect();
        driver.enter(name);
    }
    driver.pass_ms(9_000);
    // sticky is a's alone; range has the votes of a and c.
    driver.expect("a", &["joined 1 range under a [a:a-range b:b-range c:c-range]"]);
}

fn leak((protocol, metadata): (&str, String)) -> (&'static str, String) {
    let known = ["sticky", "range", "robin"].into_iter().find(|known| *known == protocol);
    (known.expect("a protocol of this test"), metadata)
}

#[test]
fn refused_joins() {
    struct Case {
        story: &'static str,
        change: fn(&mut super::driver::TestClient),
        heard: &'static str,
    }
    let cases = [
        Case {
            story: "session too short",
            change: |c| c.session_timeout_ms = 5_999,
            heard: "join INVALID_SESSION_TIMEOUT",
        },
        Case {
            story: "session too long",
            change: |c| c.session_timeout_ms = 1_800_001,
            heard: "join INVALID_SESSION_TIMEOUT",
        },
        Case {
            story: "another type",
            change: |c| c.protocol_type = "consumer",
            heard: "join INCONSISTENT_GROUP_PROTOCOL",
        },
        Case {
            story: "no common protocol",
            change: |c| c.protocols = vec![("sticky", String::new())],
            heard: "join INCONSISTENT_GROUP_PROTOCOL",
        },
        Case {
            story: "no protocol",
            change: |c| c.protocols = Vec::new(),
            heard: "join INCONSISTENT_GROUP_PROTOCOL",
        },
        Case {
            story: "an id nobody gave",
            change: |c| c.member = "mine".into(),
            heard: "join UNKNOWN_MEMBER_ID as mine",
        },
        Case {
            story: "an unknown instance with an id",
            change: |c| {
                c.member = "mine".into();
                c.instance = Some("i".into());
            },
            heard: "join UNKNOWN_MEMBER_ID as mine",
        },
    ];
    for case in cases {
        let mut driver = Driver::new();
        driver.stable(&["a"]);
        (case.change)(driver.client("b"));
        driver.join("b");
        driver.expect("b", &[case.heard]);
        assert_eq!(driver.state(), "Stable", "{}", case.story);
    }
}

#[test]
fn a_refused_join_makes_no_group() {
    let changes: [fn(&mut super::driver::TestClient); 4] = [
        |client| client.protocols = Vec::new(),
        |client| client.protocol_type = "",
        |client| client.member = "mine".into(),
        |client| client.session_timeout_ms = 0,
    ];
    for change in changes {
        let mut driver = Driver::new();
        change(driver.client("a"));
        driver.join("a");
        assert_eq!(driver.heard("a").len(), 1);
        assert_eq!(driver.state(), "-");
        assert!(driver.log.is_empty());
    }
}

#[test]
fn of_two_joins_of_one_member_the_later_waits_and_the_earlier_is_answered() {
    let mut driver = Driver::new();
    driver.enter("a");
    driver.join("a");
    driver.expect("a", &["join REBALANCE_IN_PROGRESS as a"]);
    driver.pass_ms(3_000);
    driver.expect("a", &["joined 1 range under a [a:a]"]);
}

#[test]
fn a_rebalance_waits_for_members_that_were_given_an_id() {
    let mut driver = Driver::new();
    driver.stable(&["a"]);
    driver.client("b").session_timeout_ms = 20_000;
    driver.join("b");
    driver.expect("b", &["join MEMBER_ID_REQUIRED as b"]);
    assert_eq!(driver.state(), "Stable", "an id alone changes nothing");
    driver.heartbeat("a");
    driver.join("a");
    driver.expect("a", &["heartbeat"]);
    driver.pass_ms(19_999);
    driver.expect("a", &[]);
    driver.pass_ms(1);
    driver.expect("a", &["joined 2 range under a [a:a]"]);
    driver.join("b");
    driver.expect("b", &["join UNKNOWN_MEMBER_ID as b"]);
}

#[test]
fn repeated_names_of_protocols_count_once() {
    let mut driver = Driver::new();
    driver.client("a").protocols = vec![("range", "first".to_owned()), ("range", "second".to_owned())];
    driver.enter("a");
    driver.pass_ms(3_000);
    driver.expect("a", &["joined 1 range under a [a:first]"]);
}
