use std::collections::BTreeMap;
use std::time::Duration;

use jackdaw_base::base64;

use super::*;
use crate::security::Secret;

const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const SALT: &str = "s=W22ZaJ0SNY7soEsUEjb6gQ==";

fn scram(hash: ScramHash, username: &str, is_delegation_token: bool) -> SaslConfig {
    let (username, password) = (username.to_owned(), Secret::from("pencil"));
    SaslConfig::Scram { hash, username, password, is_delegation_token }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("is text")
}

fn begin(config: &SaslConfig, nonce: &str) -> (Exchange, String) {
    let token = BearerToken::new("abc.def.");
    let (exchange, message) = Exchange::begin(config, nonce, Some(&token)).expect("begins");
    (exchange, text(message))
}

#[test]
fn scram_speaks_as_in_the_rfc() {
    let check = |config: &SaslConfig, nonce: &str, expected: [&str; 4]| {
        let [client_first, server_first, client_final, server_final] = expected;
        let (mut exchange, message) = begin(config, nonce);
        assert_eq!(message, client_first);
        let step = exchange.on_challenge(server_first.as_bytes()).expect("goes on");
        assert_eq!(step, Step::Send(client_final.as_bytes().to_vec()));
        assert_eq!(exchange.on_challenge(server_final.as_bytes()).expect("ends"), Step::Done);
    };
    // RFC 7677, section 3.
    check(
        &scram(ScramHash::Sha256, "user", false),
        NONCE,
        [
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ],
    );
    // The same with another hash, worked out with Python's hashlib.
    check(
        &scram(ScramHash::Sha512, "user", false),
        NONCE,
        [
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqOserver,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=8192",
            "c=biws,r=rOprNGfwEbeRWgbNEkqOserver,p=OX7jJ3521kVQGXaQKi4VuHYXbYBOTCI+XMaIMoDd0g/dmhLan6MnDniOvk+8iwkxRsxK9jYUZ5ttK2QXbywGow==",
            "v=WmS+T3CaCKq08eAQJVy85NQ959OELiEc0Q9GYPY6fYrlha255nHv7VhOV9j3Mv4Y4WOf5g41/Q1COODYOEIsWg==",
        ],
    );
    // A delegation token, with a name that has to be escaped.
    check(
        &scram(ScramHash::Sha256, "a,b=c", true),
        "cn",
        [
            "n,,n=a=2Cb=3Dc,r=cn,tokenauth=true",
            "r=cnserver,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=cnserver,p=1DL/LIS+SoHN0o6gpTlUbIgdxq8hZoygbmHHbskhtsI=",
            "v=yC6joV3kmdmj1jK7wM6DfBpUzLQhffR1R0VK7re2AUI=",
        ],
    );
}

#[test]
fn scram_believes_no_stranger() {
    let check = |challenges: &[&str], expected: ScramError| {
        let (mut exchange, _) = begin(&scram(ScramHash::Sha256, "user", false), NONCE);
        let (last, before) = challenges.split_last().expect("has challenges");
        for challenge in before {
            exchange.on_challenge(challenge.as_bytes()).expect("goes on");
        }
        match exchange.on_challenge(last.as_bytes()) {
            Err(AuthenticationError::Scram { reason, .. }) => assert_eq!(reason, expected, "{challenges:?}"),
            other => panic!("{challenges:?}: {other:?}"),
        }
    };
    let first = format!("r={NONCE}more,{SALT},i=4096");
    check(&[&format!("r=other,{SALT},i=4096")], ScramError::ForeignNonce);
    check(&[&format!("r={NONCE},{SALT},i=4096")], ScramError::ForeignNonce);
    check(&[&format!("r={NONCE}more,{SALT},i=4095")], ScramError::Iterations { asked: 4095 });
    check(&[&format!("r={NONCE}more,{SALT},i=0")], ScramError::Iterations { asked: 0 });
    check(&[&format!("r={NONCE}more,{SALT},i=4000000000")], ScramError::Iterations { asked: 4_000_000_000 });
    check(
        &[&format!("r={NONCE}more,{SALT},i=-1")],
        ScramError::Malformed("has iterations that are no number"),
    );
    check(&[&format!("r={NONCE}more,s=?,i=4096")], ScramError::Malformed("has a salt that is no base64"));
    check(&[""], ScramError::Malformed("has no nonce"));
    check(&["e=unknown-user"], ScramError::Refused("unknown-user".to_owned()));
    check(&[&first, "e=invalid-proof"], ScramError::Refused("invalid-proof".to_owned()));
    check(&[&first, ""], ScramError::Malformed("has no proof"));
    check(&[&first, "v=AAAA"], ScramError::UnprovenServer);
    check(&[&first, "v="], ScramError::UnprovenServer);
}

#[test]
fn plain_says_all_at_once() {
    let config = SaslConfig::Plain { username: "tim".to_owned(), password: "tanstaaftanstaaf".into() };
    let (mut exchange, message) = begin(&config, "");
    assert_eq!(message, "\0tim\0tanstaaftanstaaf");
    assert_eq!(exchange.on_challenge(b"").expect("ends"), Step::Done);
    let (mut exchange, _) = begin(&config, "");
    let error = exchange.on_challenge(b"more?").expect_err("nothing is left to say");
    assert!(matches!(error, AuthenticationError::UnexpectedChallenge { .. }), "{error}");
}

#[test]
fn bearers_show_their_token_and_hear_complaints() {
    let extensions = BTreeMap::from([("logicalCluster".to_owned(), "lkc-1".to_owned())]);
    let tokens = TokenSource::Fixed(BearerToken::new("unused"));
    let config = SaslConfig::OauthBearer { tokens, extensions };
    let (mut exchange, message) = begin(&config, "");
    assert_eq!(message, "n,,\x01auth=Bearer abc.def.\x01logicalCluster=lkc-1\x01\x01");
    assert_eq!(exchange.on_challenge(b"").expect("ends"), Step::Done);

    let check = |challenge: &str, expected: &str| {
        let (mut exchange, _) = begin(&config, "");
        let step = exchange.on_challenge(challenge.as_bytes()).expect("is acknowledged");
        assert_eq!(step, Step::Send(b"\x01".to_vec()));
        assert_eq!(exchange.complaint(), Some(expected));
        assert!(exchange.on_challenge(b"").is_err(), "a broker that complains has to refuse");
    };
    check(r#"{"status":"invalid_token"}"#, "invalid_token");
    check(r#"{"status":"insufficient_scope", "scope":"read"}"#, "insufficient_scope (scope: read)");
    check("go away", "go away");
}

#[test]
fn what_is_no_token_is_not_sent() {
    let config = SaslConfig::OauthBearer {
        tokens: TokenSource::Fixed(BearerToken::new("unused")),
        extensions: BTreeMap::new(),
    };
    for token in ["", "a b", "a\x01auth=Bearer other", "a\n"] {
        let begun = Exchange::begin(&config, "", Some(&BearerToken::new(token)));
        assert!(matches!(begun.err(), Some(AuthenticationError::NotAToken)), "{token:?}");
    }
}

#[test]
fn extensions_are_checked() {
    assert_eq!(extension_problem("traceId", "a-1"), None);
    assert!(extension_problem("auth", "a").is_some());
    assert!(extension_problem("trace_id", "a").is_some());
    assert!(extension_problem("", "a").is_some());
    assert!(extension_problem("a", "\x01").is_some());
}

#[test]
fn an_unsecured_token_says_who_and_how_long() {
    let token = UnsecuredToken::new("alice?>").issue(Duration::from_secs(1000));
    let parts: Vec<&str> = token.value().reveal().split('.').collect();
    let decoded = |part: &str| {
        let padded = format!("{part}{}", "=".repeat((4 - part.len() % 4) % 4));
        text(base64::decode(&padded.replace('-', "+").replace('_', "/")).expect("is base64"))
    };
    assert_eq!((parts.len(), parts[2]), (3, ""));
    assert_eq!(decoded(parts[0]), r#"{"alg":"none"}"#);
    assert_eq!(decoded(parts[1]), r#"{"iat":1000.0,"exp":4600.0,"sub":"alice?>"}"#);
}

#[test]
fn login_modules_are_read() {
    let check = |line: &str, class: &str, options: &[(&str, &str)]| {
        let module = jaas::parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let expected = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!((module.class.as_str(), module.options), (class, expected.collect()), "{line}");
    };
    check(
        r#"org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="a;b='c\"\\";"#,
        "PlainLoginModule",
        &[("username", "alice"), ("password", "a;b='c\"\\")],
    );
    check(
        "a.ScramLoginModule REQUIRED\n  username='bob'\n  tokenauth=true\n;\n",
        "ScramLoginModule",
        &[("username", "bob"), ("tokenauth", "true")],
    );
    check("OAuthBearerLoginModule required ;", "OAuthBearerLoginModule", &[]);
}

#[test]
fn lines_that_are_no_login_module_are_refused_without_their_secrets() {
    let check = |line: &str, expected: jaas::JaasError| {
        let error = jaas::parse(line).err().unwrap_or_else(|| panic!("{line} is read"));
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert_eq!(error, expected, "{line}");
    };
    check("", jaas::JaasError::NoClass);
    check("M username=\"hunter2\";", jaas::JaasError::NoControlFlag);
    check("M required password=\"hunter2\"", jaas::JaasError::NoSemicolon);
    check("M required password=\"hunter2", jaas::JaasError::Unterminated);
    check("M required password hunter2;", jaas::JaasError::NoValue);
    check("M required password=;", jaas::JaasError::NoValue);
    check("M required =\"hunter2\";", jaas::JaasError::StrayCharacter('='));
    check("M required a=\"b\"; N required a=\"hunter2\";", jaas::JaasError::SecondModule);
}

#[test]
fn no_secret_shows() {
    let tokens = TokenSource::Fixed(BearerToken::new("hunter2"));
    let configs = [
        SaslConfig::Plain { username: "u".to_owned(), password: "hunter2".into() },
        scram(ScramHash::Sha256, "u", false),
        SaslConfig::OauthBearer { tokens, extensions: BTreeMap::new() },
    ];
    let shown = format!("{configs:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("pencil"), "{shown}");
}

proptest::proptest! {
    /// Whatever a broker or a file says, the answer is an answer or an error.
    #[test]
    fn nothing_that_is_said_ends_the_program(text in "\\PC{0,80}", bytes: Vec<u8>, line in "[a-z\"'=;\\\\ ]{0,40}") {
        for challenge in [text.as_bytes(), &bytes] {
            let (mut exchange, _) = begin(&scram(ScramHash::Sha256, &text, false), NONCE);
            let _ = exchange.on_challenge(challenge);
            let _ = exchange.on_challenge(challenge);
            let _ = oauth_bearer::complaint(challenge);
            let _ = endpoint::token(challenge);
        }
        let _ = jaas::parse(&text);
        let _ = jaas::parse(&line);
        let _ = endpoint::parse_url(&text);
    }
}
