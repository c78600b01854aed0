use super::*;
use crate::security::{
    BearerToken, KeyStore, Mechanism, ScramHash, ServerCheck, TlsVersion, TokenSource, TrustStore,
};

fn config(pairs: &[(&str, &str)]) -> ClientConfig {
    pairs.iter().fold(ClientConfig::new("a:1"), |config, (name, value)| {
        config.with(name, *value).unwrap_or_else(|error| panic!("{error}"))
    })
}

fn read(protocol: &str, pairs: &[(&str, &str)]) -> Result<SecurityConfig, ConfigError> {
    let config = config(pairs).with("security.protocol", protocol).expect("is a protocol");
    config.common().map(|common| common.security)
}

fn tls(pairs: &[(&str, &str)]) -> Result<TlsConfig, ConfigError> {
    read("SSL", pairs).map(|security| security.tls.expect("is TLS"))
}

fn sasl(pairs: &[(&str, &str)]) -> Result<SaslConfig, ConfigError> {
    read("SASL_PLAINTEXT", pairs).map(|security| security.sasl.expect("is SASL"))
}

#[test]
fn each_protocol_has_what_belongs_to_it() {
    let plain = [("sasl.mechanism", "PLAIN"), ("sasl.username", "a"), ("sasl.password", "b")];
    for protocol in ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL", "ssl"] {
        let security = read(protocol, &plain).expect("is whole");
        assert_eq!(security.protocol().name(), protocol.to_uppercase());
    }
    // What belongs to another protocol has no effect, however wrong it is.
    let beside = [("sasl.mechanism", "GSSAPI"), ("ssl.keystore.key", "k")];
    assert_eq!(read("PLAINTEXT", &beside).expect("is whole"), SecurityConfig::default());
}

#[test]
fn trust_and_identity_come_from_one_place_each() {
    assert_eq!(tls(&[]).expect("has defaults").trust, TrustStore::System);
    assert_eq!(tls(&[]).expect("has defaults").identity, None);
    for name in ["ssl.truststore.location", "ssl.ca.location"] {
        let TrustStore::File(file) = tls(&[(name, "/ca.pem")]).expect("is a file").trust else {
            panic!("{name} names a file");
        };
        assert_eq!((file.setting, file.path.to_str()), ("ssl.truststore.location", Some("/ca.pem")));
    }
    let check = |pairs: &[(&str, &str)], expected: fn(&KeyStore) -> bool| {
        let identity = tls(pairs).expect("is whole").identity.expect("is there");
        assert!(expected(&identity), "{pairs:?}: {identity:?}");
    };
    check(&[("ssl.keystore.location", "/k")], |store| matches!(store, KeyStore::File { .. }));
    check(&[("ssl.keystore.key", "k"), ("ssl.certificate.pem", "c")], |store| {
        matches!(store, KeyStore::Pem { .. })
    });
    check(&[("ssl.key.location", "/k"), ("ssl.certificate.location", "/c")], |store| {
        matches!(store, KeyStore::Files { .. })
    });
    let refused = |pairs: &[(&str, &str)], expected: &str| {
        let error = tls(pairs).expect_err("is not whole").to_string();
        assert!(error.contains(expected), "{pairs:?}: {error}");
    };
    refused(&[("ssl.truststore.location", "/t"), ("ssl.truststore.certificates", "c")], "contradict");
    refused(&[("ssl.keystore.location", "/k"), ("ssl.keystore.key", "k")], "contradict");
    refused(&[("ssl.keystore.location", "/k"), ("ssl.key.location", "/k")], "contradict");
    refused(&[("ssl.key.location", "/k"), ("ssl.keystore.key", "k")], "contradict");
    refused(&[("ssl.key.location", "/k")], "`ssl.certificate.location` has to be set");
    refused(&[("ssl.certificate.location", "/c")], "`ssl.key.location` has to be set");
    refused(&[("ssl.keystore.key", "k")], "`ssl.keystore.certificate.chain` has to be set");
    refused(&[("ssl.keystore.certificate.chain", "c")], "`ssl.keystore.key` has to be set");
}

#[test]
fn what_is_checked_of_brokers_and_what_is_spoken() {
    let check =
        |pairs: &[(&str, &str)], expected| assert_eq!(tls(pairs).map(|tls| tls.server_check), Ok(expected));
    check(&[], ServerCheck::ChainAndName);
    check(&[("ssl.endpoint.identification.algorithm", "HTTPS")], ServerCheck::ChainAndName);
    check(&[("ssl.endpoint.identification.algorithm", "")], ServerCheck::Chain);
    check(&[("ssl.endpoint.identification.algorithm", "none")], ServerCheck::Chain);
    check(&[("enable.ssl.certificate.verification", "false")], ServerCheck::Nothing);
    assert!(tls(&[("ssl.endpoint.identification.algorithm", "ldaps")]).is_err());
    let versions = |listed| tls(&[("ssl.enabled.protocols", listed)]).map(|tls| tls.versions);
    assert_eq!(versions("TLSv1.3"), Ok(vec![TlsVersion::V1_3]));
    assert_eq!(versions("TLSv1.3,TLSv1.2,TLSv1.1"), Ok(vec![TlsVersion::V1_2, TlsVersion::V1_3]));
    assert!(versions("TLSv1.1").is_err());
}

#[test]
fn names_and_passwords_come_in_a_line_or_by_themselves() {
    let line = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"a\" password=\"b\" tokenauth=true;";
    let expected = |is_delegation_token| SaslConfig::Scram {
        hash: ScramHash::Sha512,
        username: "a".to_owned(),
        password: "b".into(),
        is_delegation_token,
    };
    let mechanism = ("sasl.mechanism", "SCRAM-SHA-512");
    assert_eq!(sasl(&[mechanism, ("sasl.jaas.config", line)]), Ok(expected(true)));
    let by_themselves =
        [("sasl.mechanisms", "scram-sha-512"), ("sasl.username", "a"), ("sasl.password", "b")];
    assert_eq!(sasl(&by_themselves), Ok(expected(false)));

    let refused = |pairs: &[(&str, &str)], expected: &str| {
        let error = sasl(pairs).expect_err("is not whole").to_string();
        assert!(error.contains(expected) && !error.contains("-secret"), "{pairs:?}: {error}");
    };
    let plain = ("sasl.mechanism", "PLAIN");
    refused(&[], "GSSAPI");
    refused(&[("sasl.mechanism", "EXTERNAL")], "EXTERNAL");
    refused(&[plain], "`sasl.username` has to be set");
    refused(&[plain, ("sasl.username", "a")], "`sasl.password` has to be set");
    refused(&[plain, ("sasl.username", "a"), ("sasl.jaas.config", line)], "contradict");
    refused(&[plain, ("sasl.jaas.config", "PlainLoginModule required password=\"a-secret\";")], "username=");
    refused(&[plain, ("sasl.jaas.config", "PlainLoginModule required username=\"a\";")], "password=");
    refused(
        &[plain, ("sasl.jaas.config", "PlainLoginModule required username=\"a\" password=\"a-secret;")],
        "closing",
    );
    refused(&[plain, ("sasl.jaas.config", "Krb5LoginModule required useKeyTab=true;")], "PlainLoginModule");
    refused(&[plain, ("sasl.client.callback.handler.class", "com.example.Mine")], "com.example.Mine");
}

#[test]
fn tokens_have_a_source() {
    let bearer = ("sasl.mechanism", "OAUTHBEARER");
    let source = |pairs: &[(&str, &str)]| {
        sasl(&[&[bearer], pairs].concat()).map(|config| match config {
            SaslConfig::OauthBearer { tokens, extensions } => {
                (tokens, extensions.into_iter().collect::<Vec<_>>())
            }
            other => panic!("{other:?}"),
        })
    };
    let fixed = TokenSource::Fixed(BearerToken::new("t"));
    assert_eq!(source(&[("sasl.oauthbearer.token", "t")]), Ok((fixed, Vec::new())));
    let url = "sasl.oauthbearer.token.endpoint.url";
    assert_eq!(
        source(&[(url, "file:///run/token")]),
        Ok((TokenSource::File("/run/token".into()), Vec::new()))
    );
    let at = (url, "https://idp.example/token");
    assert!(matches!(source(&[at]), Err(ConfigError::Missing { .. })));
    assert!(matches!(source(&[(url, "idp.example")]), Err(ConfigError::InvalidValue { .. })));
    let line = "OAuthBearerLoginModule required clientId=\"a\" clientSecret=\"b\" scope=\"c\";";
    let in_settings = [
        ("sasl.oauthbearer.client.id", "a"),
        ("sasl.oauthbearer.client.secret", "b"),
        ("sasl.oauthbearer.scope", "c"),
    ];
    let by_line = source(&[at, ("sasl.jaas.config", line)]).expect("is whole");
    assert_eq!(source(&[&[at], &in_settings[..]].concat()), Ok(by_line.clone()));
    let TokenSource::Endpoint(endpoint) = by_line.0 else {
        panic!("is an endpoint");
    };
    assert_eq!(
        (endpoint.client_id.as_str(), endpoint.client_secret.reveal(), endpoint.scope.as_deref()),
        ("a", "b", Some("c"))
    );
    assert!(matches!(source(&[]), Err(ConfigError::Missing { .. })));

    let line = "OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"alice\" unsecuredLoginListClaim_scope=\",a,b\" \
                unsecuredLoginNumberClaim_n=\"1.5\" unsecuredLoginLifetimeSeconds=\"60\" unsecuredLoginExtension_traceId=\"7\";";
    let (TokenSource::Unsecured(token), extensions) =
        source(&[("sasl.jaas.config", line)]).expect("is whole")
    else {
        panic!("nobody signs it");
    };
    assert_eq!(token.lifetime.as_secs(), 60);
    assert_eq!(
        serde_json::json!(token.claims),
        serde_json::json!({"n": 1.5, "scope": ["a", "b"], "sub": "alice"})
    );
    assert_eq!(extensions, [("traceId".to_owned(), "7".to_owned())]);
    let nobody = "OAuthBearerLoginModule required unsecuredLoginStringClaim_name=\"alice\";";
    assert!(source(&[("sasl.jaas.config", nobody)]).is_err());
    assert!(source(&[("sasl.oauthbearer.token", "t"), ("sasl.oauthbearer.extensions", "auth=x")]).is_err());
}

#[test]
fn a_function_goes_before_settings() {
    let config = config(&[
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.oauthbearer.token", "t"),
    ]);
    let config = config.with_token_provider(|| async { Ok(BearerToken::new("fresh")) });
    let sasl = config.common().expect("is whole").security.sasl.expect("is SASL");
    assert_eq!(sasl.mechanism(), Mechanism::OauthBearer);
    assert!(matches!(sasl, SaslConfig::OauthBearer { tokens: TokenSource::Provider(_), .. }), "{sasl:?}");
}

#[test]
fn no_secret_shows() {
    let config = config(&[
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.username", "alice"),
        ("sasl.password", "a-secret"),
        ("ssl.truststore.location", "/t"),
        ("ssl.truststore.password", "a-secret"),
        ("ssl.keystore.key", "a-secret"),
        ("ssl.keystore.certificate.chain", "a-secret"),
        ("ssl.key.password", "a-secret"),
    ]);
    let shown = format!("{config:?} {:?}", config.common().expect("is whole"));
    assert!(shown.contains("alice") && !shown.contains("a-secret"), "{shown}");
}
