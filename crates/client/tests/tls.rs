//! Connections with TLS, against a broker that shows certificates of a test's making.

#[path = "secured/authority.rs"]
mod authority;
mod fake_broker;

use std::sync::Arc;

use authority::{Authority, Issued};
use fake_broker::{Answer, Asked, FakeBroker, TOPIC, frame};
use jackdaw_client::error::{Error, ErrorKind, SecurityMismatch};
use jackdaw_client::producer::{Producer, ProducerRecord};
use jackdaw_client::security::TlsError;
use jackdaw_client::{ClientConfig, Cluster};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::metadata_request::MetadataRequest;
use jackdaw_protocol::messages::metadata_response::{MetadataResponse, MetadataResponseTopic};
use tokio_rustls::TlsAcceptor;

/// A broker behind TLS that calls itself `localhost`.
async fn start(tls: TlsAcceptor) -> Arc<FakeBroker> {
    FakeBroker::start_secured(Some(tls), usual).await
}

fn usual(broker: &FakeBroker, asked: &Asked) -> Answer {
    Answer::Frame(broker.usual(asked))
}

fn config(broker: &FakeBroker, host: &str, pairs: &[(&str, &str)]) -> ClientConfig {
    let config = ClientConfig::new(format!("{host}:{}", broker.port)).with("security.protocol", "SSL");
    pairs.iter().fold(config.expect("is a setting"), |config, (name, value)| {
        config.with(name, *value).unwrap_or_else(|error| panic!("{error}"))
    })
}

async fn connect(broker: &FakeBroker, host: &str, pairs: &[(&str, &str)]) -> Result<Cluster, Error> {
    Cluster::connect(&config(broker, host, pairs)).await
}

async fn refused(broker: &FakeBroker, host: &str, pairs: &[(&str, &str)]) -> TlsError {
    let error = connect(broker, host, pairs).await.expect_err("is not believed");
    assert!(!error.is_retriable(), "{error}");
    assert!(error.to_string().contains(&format!("{host}:{}", broker.port)), "{error}");
    match error.kind() {
        ErrorKind::Tls(error) => error.clone(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn large_requests_and_answers_pass() {
    let authority = Authority::new("one");
    let tls = authority.issue("127.0.0.1").shown();
    let broker = FakeBroker::start_secured(Some(tls), |broker, asked| {
        let wants_all = asked.key == ApiKey::Metadata
            && MetadataRequest::decode_exact(&asked.body, asked.version)
                .expect("is a request")
                .topics
                .is_none();
        if !wants_all {
            return Answer::Frame(broker.usual(asked));
        }
        let topic = |number: i32| MetadataResponseTopic {
            name: Some(format!("a-topic-with-a-rather-long-name-{number}").into()),
            ..Default::default()
        };
        let response = MetadataResponse { topics: (0..50_000).map(topic).collect(), ..Default::default() };
        Answer::Frame(frame(asked, &response))
    })
    .await;
    let settings = [
        ("ssl.truststore.certificates", authority.pem()),
        ("max.request.size", "20000000".to_owned()),
        ("buffer.memory", "40000000".to_owned()),
    ];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let producer = Producer::new(&config(&broker, "127.0.0.1", &settings)).await.expect("connects");
    let value = "x".repeat(5_000_000);
    let sent = [
        producer.send(&ProducerRecord::new(TOPIC, value.as_str())).await.expect("is taken"),
        producer.send(&ProducerRecord::new(TOPIC, value.as_str())).await.expect("is taken"),
    ];
    for delivery in sent {
        delivery.await.expect("is delivered");
    }
    let all = MetadataRequest { topics: None, ..MetadataRequest::default() };
    let answer = producer.cluster().call_any(&all).await.expect("is answered");
    assert_eq!(answer.topics.len(), 50_000);
}

#[tokio::test]
async fn a_broker_is_believed_for_its_certificate() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let broker = start(authority.issue("127.0.0.1").shown()).await;
    connect(&broker, "127.0.0.1", &[("ssl.truststore.certificates", &authority.pem())])
        .await
        .expect("connects");
    // In one line, as a properties file has it.
    let line = authority.pem().replace('\n', " ");
    connect(&broker, "127.0.0.1", &[("ssl.truststore.certificates", &line)]).await.expect("connects");

    let namesake = Authority::new("one");
    for stranger in [other, namesake] {
        let error = refused(&broker, "127.0.0.1", &[("ssl.truststore.certificates", &stranger.pem())]).await;
        assert!(matches!(error, TlsError::UnknownIssuer), "{error}");
    }
    let unchecked = [("enable.ssl.certificate.verification", "false")];
    connect(&broker, "127.0.0.1", &unchecked).await.expect("connects");
}

#[tokio::test]
async fn a_certificate_of_another_host_is_not_believed() {
    let authority = Authority::new("one");
    let broker = start(authority.issue("broker.example").shown()).await;
    let trusted = authority.pem();
    let error = refused(&broker, "127.0.0.1", &[("ssl.truststore.certificates", &trusted)]).await;
    match &error {
        TlsError::WrongHost { host, certificate_names } => {
            assert_eq!(
                (host.as_str(), certificate_names.as_slice()),
                ("127.0.0.1", &["broker.example".to_owned()][..])
            );
        }
        other => panic!("{other}"),
    }
    let unnamed =
        [("ssl.truststore.certificates", trusted.as_str()), ("ssl.endpoint.identification.algorithm", "")];
    connect(&broker, "127.0.0.1", &unnamed).await.expect("connects");
}

#[tokio::test]
async fn a_certificate_has_its_time() {
    let authority = Authority::new("one");
    let expired =
        authority.issue_with("127.0.0.1", |params| params.not_after = rcgen::date_time_ymd(2001, 1, 1));
    let early =
        authority.issue_with("127.0.0.1", |params| params.not_before = rcgen::date_time_ymd(4000, 1, 1));
    let pem = authority.pem();
    let trusted =
        [("ssl.truststore.certificates", pem.as_str()), ("ssl.endpoint.identification.algorithm", "")];
    let broker = start(expired.shown()).await;
    let error = refused(&broker, "127.0.0.1", &trusted).await;
    assert!(matches!(error, TlsError::Expired), "{error}");
    let broker = start(early.shown()).await;
    let error = refused(&broker, "127.0.0.1", &trusted).await;
    assert!(matches!(error, TlsError::NotYetValid), "{error}");
}

#[tokio::test]
async fn a_certificate_in_the_trust_store_needs_nobody_to_vouch_for_it() {
    let own = Issued::by_itself("127.0.0.1");
    let broker = start(own.shown()).await;
    connect(&broker, "127.0.0.1", &[("ssl.truststore.certificates", &own.certificate)])
        .await
        .expect("connects");
    let elsewhere = Issued::by_itself("broker.example");
    let broker = start(elsewhere.shown()).await;
    let error =
        refused(&broker, "127.0.0.1", &[("ssl.truststore.certificates", &elsewhere.certificate)]).await;
    assert!(matches!(error, TlsError::WrongHost { .. }), "{error}");
}

#[tokio::test]
async fn a_client_shows_who_it_is() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let broker = start(authority.asking(&authority.issue("127.0.0.1"))).await;
    let (trusted, client, stranger) = (authority.pem(), authority.issue("client"), other.issue("client"));
    let with = |issued: &Issued, version: &str| {
        let pairs = [
            ("ssl.truststore.certificates", trusted.as_str()),
            ("ssl.keystore.key", &issued.key),
            ("ssl.keystore.certificate.chain", &issued.certificate),
            ("ssl.enabled.protocols", version),
        ];
        config(&broker, "127.0.0.1", &pairs)
    };
    for version in ["TLSv1.2", "TLSv1.3"] {
        Cluster::connect(&with(&client, version)).await.expect("connects");
        let error = Cluster::connect(&with(&stranger, version)).await.expect_err("is a stranger");
        let is_about_us = matches!(
            error.kind(),
            ErrorKind::Tls(TlsError::Refused { is_about_us: true, .. })
                | ErrorKind::SecurityMismatch(SecurityMismatch::EndBehindTlsHandshake)
        );
        assert!(is_about_us && error.to_string().contains("ssl.keystore.location"), "{version}: {error}");
        let anonymous =
            [("ssl.truststore.certificates", trusted.as_str()), ("ssl.enabled.protocols", version)];
        let error = connect(&broker, "127.0.0.1", &anonymous).await.expect_err("shows nothing");
        assert!(error.to_string().contains("ssl.keystore.location"), "{version}: {error}");
    }
}

#[tokio::test]
async fn no_version_in_common_is_said() {
    let authority = Authority::new("one");
    let issued = authority.issue("127.0.0.1");
    let broker = start(issued.shown()).await;
    let pairs = [
        ("ssl.truststore.certificates", &*authority.pem()),
        ("ssl.enabled.protocols", "TLSv1.3"),
        ("ssl.cipher.suites", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    ];
    let error = Cluster::connect(&config(&broker, "127.0.0.1", &pairs)).await.expect_err("has no suite");
    assert!(matches!(error.kind(), ErrorKind::Tls(_)), "{error}");
}

#[tokio::test]
async fn who_does_not_speak_tls_is_told_to() {
    let authority = Authority::new("one");
    let broker = start(authority.issue("127.0.0.1").shown()).await;
    let error = Cluster::connect(&ClientConfig::new(broker.address())).await.expect_err("expects TLS");
    assert!(matches!(error.kind(), ErrorKind::SecurityMismatch(_)), "{error}");
    assert!(error.to_string().contains("security.protocol"), "{error}");

    // The other way round.
    let broker = FakeBroker::start().await;
    let pairs = [("ssl.truststore.certificates", &*authority.pem())];
    let error = connect(&broker, "127.0.0.1", &pairs).await.expect_err("does not speak TLS");
    assert!(
        matches!(error.kind(), ErrorKind::SecurityMismatch(SecurityMismatch::EndInTlsHandshake)),
        "{error}"
    );
}
