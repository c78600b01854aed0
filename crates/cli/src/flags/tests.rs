use super::*;

const SET: FlagSet = FlagSet {
    about: "For tests.",
    flags: &[
        Flag::switch("list", "Lists."),
        Flag::value("topic", "NAME", "A topic."),
        Flag::maybe("state", "STATE", "With states."),
        BOOTSTRAP_SERVER,
    ],
};

fn parse(line: &str) -> Result<Options, String> {
    match SET.parse(line.split_whitespace().map(str::to_owned).collect()) {
        Ok(Parsed::Run(options)) => Ok(options),
        Ok(Parsed::Answered(_)) => Err("answered".to_owned()),
        Err(failure) => Err(failure.message.lines().next().unwrap_or_default().to_owned()),
    }
}

#[test]
fn values_follow_or_stand_behind_an_equals_sign() {
    let options = parse("--topic=a --bootstrap-server b:1 --topic c extra -list").expect("parses");
    assert_eq!(options.values("topic"), ["a", "c"]);
    assert_eq!(options.value("bootstrap-server").expect("one"), Some("b:1"));
    assert!(options.has("list"));
    assert_eq!(options.operands(), ["extra"]);
    assert!(options.value("topic").is_err());
}

#[test]
fn a_value_may_look_like_a_flag_but_a_value_that_may_be_left_out_does_not() {
    assert_eq!(parse("--topic --list").expect("parses").values("topic"), ["--list"]);
    let options = parse("--state --list").expect("parses");
    assert!(options.has("state") && options.has("list") && options.values("state").is_empty());
    assert_eq!(parse("--list --state stable").expect("parses").values("state"), ["stable"]);
}

#[test]
fn what_is_wrong_is_said_in_kafkas_words() {
    let check = |line, expected: &str| assert_eq!(parse(line).expect_err(line), expected);
    check("--bogus x", "bogus is not a recognized option");
    check("--bootstrap x", "bootstrap is not a recognized option");
    check("--topic", "Option topic requires an argument");
    check("", "For tests.");
    check("--list --help", "For tests.");
}

#[test]
fn help_names_every_flag() {
    let text = help::text(&SET);
    for flag in SET.flags.iter().chain(&COMMON) {
        assert!(text.contains(&format!("--{}", flag.name)), "{text}");
    }
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
}
