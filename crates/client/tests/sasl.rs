//! Saying who one is, against a broker that listens closely.

mod fake_broker;

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use fake_broker::{Answer, Asked, FakeBroker, api_versions, frame};
use jackdaw_client::error::{Error, ErrorKind, SecurityMismatch};
use jackdaw_client::security::{AuthenticationError, BearerToken};
use jackdaw_client::{ClientConfig, Cluster};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::metadata_request::MetadataRequest;
use jackdaw_protocol::messages::sasl_authenticate_request::SaslAuthenticateRequest;
use jackdaw_protocol::messages::sasl_authenticate_response::SaslAuthenticateResponse;
use jackdaw_protocol::messages::sasl_handshake_request::SaslHandshakeRequest;
use jackdaw_protocol::messages::sasl_handshake_response::SaslHandshakeResponse;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How a broker judges who says who they are, and what it has seen of it.
#[derive(Default)]
struct Guard {
    /// The sessions that it grants, in milliseconds.
    lifetime_ms: i64,
    /// What it takes for a proof.
    expected: String,
    /// Whether it refuses what it took before.
    is_strict: AtomicBool,
    authentications: AtomicUsize,
    /// Between SaslHandshake and the end of SaslAuthenticate nothing else may come.
    is_busy: AtomicBool,
    was_disturbed: AtomicBool,
    /// Whether SaslHandshake is answered only when the test says so.
    is_slow: AtomicBool,
    handshake_came: Notify,
    handshake_may_be_answered: Notify,
    has_believed: Notify,
}

impl Guard {
    fn new(expected: &str, lifetime_ms: i64) -> Arc<Self> {
        Arc::new(Self { expected: expected.to_owned(), lifetime_ms, ..Self::default() })
    }

    async fn broker(self: &Arc<Self>) -> Arc<FakeBroker> {
        let guard = Arc::clone(self);
        FakeBroker::start_with(move |broker, asked| guard.answer(broker, asked)).await
    }

    fn answer(self: &Arc<Self>, broker: &FakeBroker, asked: &Asked) -> Answer {
        match asked.key {
            ApiKey::SaslHandshake if self.is_slow.load(Ordering::SeqCst) => {
                let (guard, answer) = (Arc::clone(self), self.handshake(asked));
                Answer::Later(Box::pin(async move {
                    guard.handshake_came.notify_one();
                    guard.handshake_may_be_answered.notified().await;
                    answer
                }))
            }
            ApiKey::SaslHandshake => Answer::Frame(self.handshake(asked)),
            ApiKey::SaslAuthenticate => Answer::Frame(self.authenticate(asked)),
            ApiKey::ApiVersions => Answer::Frame(broker.usual(asked)),
            // As Kafka does.
            _ if self.authentications.load(Ordering::SeqCst) == 0 => Answer::Close,
            _ => {
                self.was_disturbed.fetch_or(self.is_busy.load(Ordering::SeqCst), Ordering::SeqCst);
                Answer::Frame(broker.usual(asked))
            }
        }
    }

    fn handshake(&self, asked: &Asked) -> Vec<u8> {
        let request = SaslHandshakeRequest::decode_exact(&asked.body, asked.version).expect("is a request");
        self.is_busy.store(true, Ordering::SeqCst);
        let enabled = ["PLAIN", "OAUTHBEARER"];
        let is_enabled = enabled.contains(&&*request.mechanism);
        let error = if is_enabled { ErrorCode::None } else { ErrorCode::UnsupportedSaslMechanism };
        let response =
            SaslHandshakeResponse { error_code: error.code(), mechanisms: enabled.map(Into::into).to_vec() };
        frame(asked, &response)
    }

    fn authenticate(&self, asked: &Asked) -> Vec<u8> {
        let request =
            SaslAuthenticateRequest::decode_exact(&asked.body, asked.version).expect("is a request");
        let is_expected = request.auth_bytes == self.expected.as_bytes();
        self.is_busy.store(false, Ordering::SeqCst);
        if !is_expected || self.is_strict.load(Ordering::SeqCst) {
            let response = SaslAuthenticateResponse {
                error_code: ErrorCode::SaslAuthenticationFailed.code(),
                error_message: Some("Authentication failed: who are you?".into()),
                ..Default::default()
            };
            return frame(asked, &response);
        }
        self.authentications.fetch_add(1, Ordering::SeqCst);
        self.has_believed.notify_one();
        let response =
            SaslAuthenticateResponse { session_lifetime_ms: self.lifetime_ms, ..Default::default() };
        frame(asked, &response)
    }
}

fn config(broker: &FakeBroker, pairs: &[(&str, &str)]) -> ClientConfig {
    let patient = [
        ("security.protocol", "SASL_PLAINTEXT"),
        ("request.timeout.ms", "1000000000"),
        ("metadata.max.age.ms", "1000000000"),
        ("connections.max.idle.ms", "1000000000"),
        ("socket.connection.setup.timeout.ms", "1000000000"),
        ("socket.connection.setup.timeout.max.ms", "1000000000"),
    ];
    patient.iter().chain(pairs).fold(ClientConfig::new(broker.address()), |config, (name, value)| {
        config.with(name, *value).unwrap_or_else(|error| panic!("{error}"))
    })
}

fn plain(broker: &FakeBroker, password: &str) -> ClientConfig {
    let module = format!("PlainLoginModule required username=\"alice\" password=\"{password}\";");
    config(broker, &[("sasl.mechanism", "PLAIN"), ("sasl.jaas.config", &module)])
}

fn authentication(error: &Error) -> &AuthenticationError {
    match error.kind() {
        ErrorKind::Authentication(error) => error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn who_is_believed_may_ask() {
    let guard = Guard::new("\0alice\0hunter2", 0);
    let broker = guard.broker().await;
    let cluster = Cluster::connect(&plain(&broker, "hunter2")).await.expect("connects");
    cluster.call(1, &MetadataRequest::default()).await.expect("is answered");
    assert_eq!(guard.authentications.load(Ordering::SeqCst), 1);
    let both = config(
        &broker,
        &[("sasl.mechanism", "plain"), ("sasl.username", "alice"), ("sasl.password", "hunter2")],
    );
    Cluster::connect(&both).await.expect("connects");
}

#[tokio::test]
async fn who_is_not_believed_learns_why_and_no_secret_shows() {
    let guard = Guard::new("\0alice\0hunter2", 0);
    let broker = guard.broker().await;
    let config = plain(&broker, "*******-or-so");
    let error = Cluster::connect(&config).await.expect_err("is not believed");
    assert!(matches!(authentication(&error), AuthenticationError::Refused { .. }), "{error}");
    assert!(!error.is_retriable() && !error.is_disconnect());
    let said = error.to_string();
    for part in ["`alice`", "PLAIN", "who are you?", &broker.address()] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let shown = format!("{error:?} {error} {config:?} {:?}", config.common());
    assert!(!shown.contains("or-so"), "{shown}");
}

#[tokio::test]
async fn a_mechanism_that_is_not_there_is_answered_with_those_that_are() {
    let broker = Guard::new("", 0).broker().await;
    let settings = [("sasl.mechanism", "SCRAM-SHA-256"), ("sasl.username", "a"), ("sasl.password", "b")];
    let error = Cluster::connect(&config(&broker, &settings)).await.expect_err("is not enabled");
    assert!(matches!(authentication(&error), AuthenticationError::MechanismNotEnabled { .. }), "{error}");
    assert!(error.to_string().contains("SCRAM-SHA-256; it enables PLAIN, OAUTHBEARER"), "{error}");
}

#[tokio::test]
async fn a_listener_that_asks_nobody_and_one_that_asks_everybody() {
    let unguarded = FakeBroker::start_with(|broker, asked| {
        let mut response = api_versions(0);
        response.api_keys.retain(|api| api.api_key != ApiKey::SaslHandshake.key());
        Answer::Frame(if asked.key == ApiKey::ApiVersions {
            frame(asked, &response)
        } else {
            broker.usual(asked)
        })
    })
    .await;
    let error = Cluster::connect(&plain(&unguarded, "hunter2")).await.expect_err("asks nobody");
    assert!(matches!(authentication(&error), AuthenticationError::NotAsked), "{error}");

    let guarded = Guard::new("", 0).broker().await;
    let error = Cluster::connect(&ClientConfig::new(guarded.address())).await.expect_err("asks everybody");
    let expected = SecurityMismatch::EndAtSecondRequest;
    assert!(matches!(error.kind(), ErrorKind::SecurityMismatch(found) if *found == expected), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_on_its_connection_and_nothing_comes_between() {
    let guard = Guard::new("\0alice\0hunter2", 60_000);
    let broker = guard.broker().await;
    let cluster = Cluster::connect(&plain(&broker, "hunter2")).await.expect("connects");
    guard.is_slow.store(true, Ordering::SeqCst);
    for round in 1..=3 {
        let begun = Instant::now();
        // Nothing else is to be done: time jumps to the renewal.
        guard.handshake_came.notified().await;
        let passed = begun.elapsed();
        assert!((Duration::from_secs(50)..Duration::from_secs(58)).contains(&passed), "{passed:?}");
        let request = MetadataRequest::default();
        let mut calls: Vec<_> = (0..8).map(|_| Box::pin(cluster.call(1, &request))).collect();
        for call in &mut calls {
            let polled = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
            assert!(polled.is_pending(), "answered too early");
        }
        guard.handshake_may_be_answered.notify_one();
        for call in calls {
            call.await.expect("is answered");
        }
        assert_eq!(guard.authentications.load(Ordering::SeqCst), 1 + round);
        assert!(!guard.was_disturbed.load(Ordering::SeqCst), "a request came between");
    }
    assert_eq!(broker.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_believed_any_more_is_told_and_the_connection_ends() {
    let guard = Guard::new("\0alice\0hunter2", 60_000);
    let broker = guard.broker().await;
    let cluster = Cluster::connect(&plain(&broker, "hunter2")).await.expect("connects");
    guard.is_strict.store(true, Ordering::SeqCst);
    guard.is_slow.store(true, Ordering::SeqCst);
    guard.handshake_came.notified().await;
    let request = MetadataRequest::default();
    let mut call = Box::pin(cluster.call(1, &request));
    let polled = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    assert!(polled.is_pending(), "answered too early");
    guard.handshake_may_be_answered.notify_one();
    let error = call.await.expect_err("is refused with the connection");
    assert!(matches!(authentication(&error), AuthenticationError::Refused { .. }), "{error}");
    assert_eq!((error.api(), error.broker()), (Some(ApiKey::Metadata), Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_asked_for_each_time_and_may_be_late() {
    let guard = Guard::new("n,,\x01auth=Bearer a-token\x01\x01", 60_000);
    let broker = guard.broker().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    // The second and the third time there is none.
    let config = config(&broker, &[("sasl.mechanism", "OAUTHBEARER")]).with_token_provider(move || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        async move {
            match number {
                1 | 2 => Err("the identity provider sleeps".into()),
                _ => Ok(BearerToken::new("a-token")),
            }
        }
    });
    let cluster = Cluster::connect(&config).await.expect("connects");
    guard.has_believed.notified().await;
    guard.has_believed.notified().await;
    cluster.call(1, &MetadataRequest::default()).await.expect("is answered");
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    assert_eq!(broker.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn without_a_token_nothing_is_said() {
    let guard = Guard::new("", 0);
    let broker = guard.broker().await;
    let config = config(&broker, &[("sasl.mechanism", "OAUTHBEARER")])
        .with_token_provider(|| async { Err("the identity provider sleeps".into()) });
    let error = Cluster::connect(&config).await.expect_err("has no token");
    assert!(matches!(authentication(&error), AuthenticationError::NoToken(_)), "{error}");
    assert!(error.to_string().contains("the identity provider sleeps"), "{error}");
    assert!(error.is_retriable());
    assert!(!guard.is_busy.load(Ordering::SeqCst), "said which mechanism");
}

/// An identity provider that answers every request with this, and says where it is.
async fn identity_provider(answer: &'static str) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let url = format!("http://{}/token", listener.local_addr().expect("is bound"));
    let asked = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"grant_type=client_credentials") {
                let read = stream.read_buf(&mut request).await.expect("reads");
                assert_ne!(read, 0, "a request that was cut short");
            }
            *heard.lock() = String::from_utf8(request).expect("is text");
            stream.write_all(answer.as_bytes()).await.expect("writes");
        }
    });
    (url, asked)
}

fn with_provider(broker: &FakeBroker, url: &str) -> ClientConfig {
    let settings = [
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.oauthbearer.token.endpoint.url", url),
        ("sasl.oauthbearer.client.credentials.client.id", "id"),
        ("sasl.oauthbearer.client.credentials.client.secret", "hunter2"),
    ];
    config(broker, &settings)
}

#[tokio::test]
async fn an_identity_provider_is_asked_for_a_token() {
    let broker = Guard::new("n,,\x01auth=Bearer a-token\x01\x01", 0).broker().await;
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"access_token\":\"a-token\"}";
    let (url, asked) = identity_provider(answer).await;
    Cluster::connect(&with_provider(&broker, &url)).await.expect("connects");
    let asked = asked.lock().clone();
    assert!(asked.starts_with("POST /token HTTP/1.1\r\n"), "{asked}");
    // id:hunter2
    assert!(asked.contains("Authorization: Basic aWQ6aHVudGVyMg==\r\n"), "{asked}");

    let answer = "HTTP/1.1 401 Unauthorized\r\n\r\n{\"error\":\"invalid_client\"}";
    let (url, _) = identity_provider(answer).await;
    let error = Cluster::connect(&with_provider(&broker, &url)).await.expect_err("has no token");
    assert!(matches!(authentication(&error), AuthenticationError::NoToken(_)), "{error}");
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("status 401: invalid_client") && !shown.contains("hunter2"), "{shown}");
}
