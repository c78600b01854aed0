//! Rows: authentication.

use crate::declare::{boolean, class, definitions, double, int, list, long, null, password, short, string};
use crate::validator::Validator;
use crate::value::Secret;
use crate::value_type::ValueType;

definitions! { Broker;
    SASL_ENABLED_MECHANISMS: Vec<String> = "sasl.enabled.mechanisms" =>
        list("GSSAPI").per_broker().protects(),
        "The mechanisms by which clients may authenticate.";
    SASL_JAAS_CONFIG: Option<Secret> = "sasl.jaas.config" => password().per_broker().protects(),
        "The login module and its options, one per listener and mechanism.";
    SASL_MECHANISM_INTER_BROKER_PROTOCOL: String = "sasl.mechanism.inter.broker.protocol" =>
        string("GSSAPI").per_broker().protects(),
        "The mechanism that brokers use among themselves.";
    SASL_MECHANISM_CONTROLLER_PROTOCOL: String = "sasl.mechanism.controller.protocol" =>
        string("GSSAPI").high().protects(),
        "The mechanism that is used towards controllers.";
    SASL_SERVER_CALLBACK_HANDLER_CLASS: Option<String> = "sasl.server.callback.handler.class" =>
        null(ValueType::Class).protects(),
        "The class that checks what clients present.";
    SASL_CLIENT_CALLBACK_HANDLER_CLASS: Option<String> = "sasl.client.callback.handler.class" =>
        null(ValueType::Class).protects(),
        "The class that supplies what this node presents.";
    SASL_LOGIN_CLASS: Option<String> = "sasl.login.class" => null(ValueType::Class).protects(),
        "The class that logs this node in.";
    SASL_LOGIN_CALLBACK_HANDLER_CLASS: Option<String> = "sasl.login.callback.handler.class" =>
        null(ValueType::Class).protects(),
        "The class that answers questions during the login.";
    SASL_SERVER_MAX_RECEIVE_SIZE: i32 = "sasl.server.max.receive.size" => int("524288"),
        "The largest authentication message that is read.";
    CONNECTIONS_MAX_REAUTH_MS: i64 = "connections.max.reauth.ms" => long("0").protects(),
        "After how long a client must authenticate again; 0 means never.";
    SASL_KERBEROS_SERVICE_NAME: Option<String> = "sasl.kerberos.service.name" =>
        null(ValueType::String).per_broker(),
        "The Kerberos service name of brokers.";
    SASL_KERBEROS_KINIT_CMD: String = "sasl.kerberos.kinit.cmd" => string("/usr/bin/kinit").per_broker(),
        "The path of `kinit`.";
    SASL_KERBEROS_TICKET_RENEW_WINDOW_FACTOR: f64 = "sasl.kerberos.ticket.renew.window.factor" =>
        double("0.8").per_broker(),
        "After which share of its life a ticket is renewed.";
    SASL_KERBEROS_TICKET_RENEW_JITTER: f64 = "sasl.kerberos.ticket.renew.jitter" =>
        double("0.05").per_broker(),
        "By which share the moment of renewal varies.";
    SASL_KERBEROS_MIN_TIME_BEFORE_RELOGIN: i64 = "sasl.kerberos.min.time.before.relogin" =>
        long("60000").per_broker(),
        "How long a login thread rests between two renewals.";
    SASL_KERBEROS_PRINCIPAL_TO_LOCAL_RULES: Vec<String> = "sasl.kerberos.principal.to.local.rules" =>
        list("DEFAULT").per_broker().protects(),
        "How a Kerberos principal becomes a short name.";
    SASL_LOGIN_REFRESH_WINDOW_FACTOR: f64 = "sasl.login.refresh.window.factor" => double("0.8").per_broker(),
        "After which share of its life a token is refreshed.";
    SASL_LOGIN_REFRESH_WINDOW_JITTER: f64 = "sasl.login.refresh.window.jitter" => double("0.05").per_broker(),
        "By which share the moment of refreshing varies.";
    SASL_LOGIN_REFRESH_MIN_PERIOD_SECONDS: i16 = "sasl.login.refresh.min.period.seconds" =>
        short("60").per_broker(),
        "How long a login thread waits at least until it refreshes a token.";
    SASL_LOGIN_REFRESH_BUFFER_SECONDS: i16 = "sasl.login.refresh.buffer.seconds" => short("300").per_broker(),
        "How long before its end a token is refreshed at the latest.";
    SASL_LOGIN_CONNECT_TIMEOUT_MS: Option<i32> = "sasl.login.connect.timeout.ms" =>
        null(ValueType::Int).low(),
        "How long the connection to the identity provider may take.";
    SASL_LOGIN_READ_TIMEOUT_MS: Option<i32> = "sasl.login.read.timeout.ms" => null(ValueType::Int).low(),
        "How long the identity provider may take to answer.";
    SASL_LOGIN_RETRY_BACKOFF_MS: i64 = "sasl.login.retry.backoff.ms" => long("100").low(),
        "How long a failed login rests at first.";
    SASL_LOGIN_RETRY_BACKOFF_MAX_MS: i64 = "sasl.login.retry.backoff.max.ms" => long("10000").low(),
        "How long a failed login rests at most.";
    SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: Option<String> = "sasl.oauthbearer.token.endpoint.url" =>
        null(ValueType::String),
        "Where this node gets its own tokens.";
    SASL_OAUTHBEARER_SCOPE: Option<String> = "sasl.oauthbearer.scope" => null(ValueType::String),
        "The scope that is asked for with those tokens.";
    SASL_OAUTHBEARER_CLIENT_CREDENTIALS_CLIENT_ID: Option<String> = "sasl.oauthbearer.client.credentials.client.id" =>
        null(ValueType::String),
        "The client id that is shown there.";
    SASL_OAUTHBEARER_CLIENT_CREDENTIALS_CLIENT_SECRET: Option<Secret> = "sasl.oauthbearer.client.credentials.client.secret" =>
        password(),
        "The secret that is shown there.";
    SASL_OAUTHBEARER_JWT_RETRIEVER_CLASS: String = "sasl.oauthbearer.jwt.retriever.class" =>
        class("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"),
        "The class that gets tokens.";
    SASL_OAUTHBEARER_JWT_VALIDATOR_CLASS: String = "sasl.oauthbearer.jwt.validator.class" =>
        class("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator").protects(),
        "The class that checks tokens.";
    SASL_OAUTHBEARER_JWKS_ENDPOINT_URL: Option<String> = "sasl.oauthbearer.jwks.endpoint.url" =>
        null(ValueType::String).protects(),
        "Where the keys come from that tokens are checked with.";
    SASL_OAUTHBEARER_JWKS_ENDPOINT_REFRESH_MS: i64 = "sasl.oauthbearer.jwks.endpoint.refresh.ms" =>
        long("3600000").low(),
        "How often those keys are fetched again.";
    SASL_OAUTHBEARER_JWKS_ENDPOINT_RETRY_BACKOFF_MS: i64 = "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms" =>
        long("100").low(),
        "How long a failed fetch of keys rests at first.";
    SASL_OAUTHBEARER_JWKS_ENDPOINT_RETRY_BACKOFF_MAX_MS: i64 = "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms" =>
        long("10000").low(),
        "How long a failed fetch of keys rests at most.";
    SASL_OAUTHBEARER_CLOCK_SKEW_SECONDS: i32 = "sasl.oauthbearer.clock.skew.seconds" => int("30").low(),
        "By how much the clocks of issuer and broker may differ.";
    SASL_OAUTHBEARER_EXPECTED_AUDIENCE: Vec<String> = "sasl.oauthbearer.expected.audience" =>
        list("").high().protects(),
        "The audiences of which a token must name one.";
    SASL_OAUTHBEARER_EXPECTED_ISSUER: Option<String> = "sasl.oauthbearer.expected.issuer" =>
        null(ValueType::String).high().protects(),
        "The issuer that a token must name.";
    SASL_OAUTHBEARER_SCOPE_CLAIM_NAME: String = "sasl.oauthbearer.scope.claim.name" => string("scope").low(),
        "The claim that holds a token's scope.";
    SASL_OAUTHBEARER_SUB_CLAIM_NAME: String = "sasl.oauthbearer.sub.claim.name" => string("sub").low(),
        "The claim that holds a token's subject.";
    SASL_OAUTHBEARER_ASSERTION_ALGORITHM: String = "sasl.oauthbearer.assertion.algorithm" =>
        string("RS256").within(Validator::OneOfAnyCase(&["ES256", "RS256"])),
        "The algorithm that signs assertions: `RS256` or `ES256`.";
    SASL_OAUTHBEARER_ASSERTION_FILE: Option<String> = "sasl.oauthbearer.assertion.file" =>
        null(ValueType::String),
        "A file with a ready assertion.";
    SASL_OAUTHBEARER_ASSERTION_TEMPLATE_FILE: Option<String> = "sasl.oauthbearer.assertion.template.file" =>
        null(ValueType::String),
        "A file with the head and the claims of assertions to be made.";
    SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_FILE: Option<String> = "sasl.oauthbearer.assertion.private.key.file" =>
        null(ValueType::String),
        "The file of the key that signs assertions.";
    SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_PASSPHRASE: Option<Secret> = "sasl.oauthbearer.assertion.private.key.passphrase" =>
        password(),
        "The passphrase of that key.";
    SASL_OAUTHBEARER_ASSERTION_CLAIM_AUD: Option<String> = "sasl.oauthbearer.assertion.claim.aud" =>
        null(ValueType::String),
        "The audience of assertions.";
    SASL_OAUTHBEARER_ASSERTION_CLAIM_ISS: Option<String> = "sasl.oauthbearer.assertion.claim.iss" =>
        null(ValueType::String),
        "The issuer of assertions.";
    SASL_OAUTHBEARER_ASSERTION_CLAIM_SUB: Option<String> = "sasl.oauthbearer.assertion.claim.sub" =>
        null(ValueType::String),
        "The subject of assertions.";
    SASL_OAUTHBEARER_ASSERTION_CLAIM_EXP_SECONDS: i32 = "sasl.oauthbearer.assertion.claim.exp.seconds" =>
        int("300").between(0, 86_400).low(),
        "How long assertions are valid.";
    SASL_OAUTHBEARER_ASSERTION_CLAIM_NBF_SECONDS: i32 = "sasl.oauthbearer.assertion.claim.nbf.seconds" =>
        int("60").between(0, 3600).low(),
        "How far before now assertions become valid.";
    SASL_OAUTHBEARER_ASSERTION_CLAIM_JTI_INCLUDE: bool = "sasl.oauthbearer.assertion.claim.jti.include" =>
        boolean("false"),
        "Whether assertions carry an id of their own.";
}
