//! The table of all settings that clients know: Kafka's names and defaults (4.3), and librdkafka's partitioners.

use super::definition::{Audience, Definition, ValueKind};

const ALL: Audience = Audience::ALL;
const PRODUCER: Audience = Audience::PRODUCER;
const CONSUMER: Audience = Audience::CONSUMER;
const ADMIN: Audience = Audience::ADMIN;
const CONSUMER_ADMIN: Audience = CONSUMER.and(ADMIN);
const PRODUCER_CONSUMER: Audience = PRODUCER.and(CONSUMER);

const INT_MAX: i64 = i32::MAX as i64;
const LONG_MAX: i64 = i64::MAX;

const fn define(
    audience: Audience,
    name: &'static str,
    default: Option<&'static str>,
    kind: ValueKind,
) -> Definition {
    Definition { name, default, kind, audience }
}

const fn text(audience: Audience, name: &'static str, default: Option<&'static str>) -> Definition {
    define(audience, name, default, ValueKind::Text)
}

const fn number(
    audience: Audience,
    name: &'static str,
    default: &'static str,
    low: i64,
    high: i64,
) -> Definition {
    define(audience, name, Some(default), ValueKind::Number(low..=high))
}

const fn boolean(audience: Audience, name: &'static str, default: &'static str) -> Definition {
    define(audience, name, Some(default), ValueKind::Boolean)
}

const fn choice(
    audience: Audience,
    name: &'static str,
    default: &'static str,
    words: &'static [&'static str],
) -> Definition {
    define(audience, name, Some(default), ValueKind::Choice(words))
}

const fn secret(name: &'static str) -> Definition {
    define(ALL, name, None, ValueKind::Secret)
}

const fn inert(audience: Audience, name: &'static str) -> Definition {
    define(audience, name, None, ValueKind::Inert)
}

const COMMON: &[Definition] = &[
    define(ALL, "bootstrap.servers", None, ValueKind::List),
    text(ALL, "client.id", Some("")),
    choice(
        ALL,
        "client.dns.lookup",
        "use_all_dns_ips",
        &["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"],
    ),
    number(ALL, "connections.max.idle.ms", "540000", -1, LONG_MAX),
    number(ALL, "metadata.max.age.ms", "300000", 0, LONG_MAX),
    choice(ALL, "metadata.recovery.strategy", "rebootstrap", &["none", "rebootstrap"]),
    number(ALL, "metadata.recovery.rebootstrap.trigger.ms", "300000", 0, LONG_MAX),
    number(ALL, "reconnect.backoff.ms", "50", 0, LONG_MAX),
    number(ALL, "reconnect.backoff.max.ms", "1000", 0, LONG_MAX),
    number(ALL, "request.timeout.ms", "30000", 0, INT_MAX),
    number(ALL, "retry.backoff.ms", "100", 0, LONG_MAX),
    number(ALL, "retry.backoff.max.ms", "1000", 0, LONG_MAX),
    number(ALL, "socket.connection.setup.timeout.ms", "10000", 0, LONG_MAX),
    number(ALL, "socket.connection.setup.timeout.max.ms", "30000", 0, LONG_MAX),
    number(ALL, "send.buffer.bytes", "131072", -1, INT_MAX),
    number(ALL, "receive.buffer.bytes", "65536", -1, INT_MAX),
    number(CONSUMER_ADMIN, "default.api.timeout.ms", "60000", 0, INT_MAX),
    inert(ALL, "metric.reporters"),
    inert(ALL, "metrics.num.samples"),
    inert(ALL, "metrics.recording.level"),
    inert(ALL, "metrics.sample.window.ms"),
    inert(ALL, "enable.metrics.push"),
    inert(PRODUCER_CONSUMER, "interceptor.classes"),
    inert(ALL, "auto.include.jmx.reporter"),
    inert(ALL, "security.providers"),
    inert(ALL, "config.providers"),
];

const SECURITY: &[Definition] = &[
    choice(ALL, "security.protocol", "PLAINTEXT", &["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]),
    text(ALL, "ssl.truststore.location", None),
    secret("ssl.truststore.password"),
    choice(ALL, "ssl.truststore.type", "JKS", STORE_TYPES),
    secret("ssl.truststore.certificates"),
    text(ALL, "ssl.keystore.location", None),
    secret("ssl.keystore.password"),
    choice(ALL, "ssl.keystore.type", "JKS", STORE_TYPES),
    secret("ssl.keystore.key"),
    secret("ssl.keystore.certificate.chain"),
    secret("ssl.key.password"),
    // librdkafka's, for key and certificates in files of their own.
    text(ALL, "ssl.key.location", None),
    text(ALL, "ssl.certificate.location", None),
    boolean(ALL, "enable.ssl.certificate.verification", "true"),
    text(ALL, "ssl.endpoint.identification.algorithm", Some("https")),
    define(ALL, "ssl.enabled.protocols", Some("TLSv1.2,TLSv1.3"), ValueKind::List),
    define(ALL, "ssl.cipher.suites", None, ValueKind::List),
    text(ALL, "ssl.engine.factory.class", None),
    inert(ALL, "ssl.protocol"),
    inert(ALL, "ssl.provider"),
    inert(ALL, "ssl.keymanager.algorithm"),
    inert(ALL, "ssl.trustmanager.algorithm"),
    inert(ALL, "ssl.secure.random.implementation"),
    text(ALL, "sasl.mechanism", Some("GSSAPI")),
    secret("sasl.jaas.config"),
    // librdkafka's, in the place of the line for Java.
    text(ALL, "sasl.username", None),
    secret("sasl.password"),
    // Ours: a token as it is.
    secret("sasl.oauthbearer.token"),
    text(ALL, "sasl.oauthbearer.token.endpoint.url", None),
    text(ALL, "sasl.oauthbearer.client.credentials.client.id", None),
    secret("sasl.oauthbearer.client.credentials.client.secret"),
    text(ALL, "sasl.oauthbearer.scope", None),
    define(ALL, "sasl.oauthbearer.extensions", None, ValueKind::List),
    // librdkafka's: who may vouch for the identity provider.
    text(ALL, "https.ca.location", None),
    text(ALL, "sasl.client.callback.handler.class", None),
    text(ALL, "sasl.login.callback.handler.class", None),
    text(ALL, "sasl.login.class", None),
    inert(ALL, "sasl.login.connect.timeout.ms"),
    inert(ALL, "sasl.login.read.timeout.ms"),
    inert(ALL, "sasl.login.retry.backoff.ms"),
    inert(ALL, "sasl.login.retry.backoff.max.ms"),
    inert(ALL, "sasl.login.refresh.buffer.seconds"),
    inert(ALL, "sasl.login.refresh.min.period.seconds"),
    inert(ALL, "sasl.login.refresh.window.factor"),
    inert(ALL, "sasl.login.refresh.window.jitter"),
    inert(ALL, "sasl.kerberos.service.name"),
    inert(ALL, "sasl.kerberos.kinit.cmd"),
    inert(ALL, "sasl.kerberos.min.time.before.relogin"),
    inert(ALL, "sasl.kerberos.ticket.renew.jitter"),
    inert(ALL, "sasl.kerberos.ticket.renew.window.factor"),
];

/// The formats of key stores. Their first bytes tell which one a file has, as Java's `JKS` does, too.
const STORE_TYPES: &[&str] = &["JKS", "PKCS12", "PEM"];

const PRODUCER_ONLY: &[Definition] = &[
    choice(PRODUCER, "acks", "all", &["all", "-1", "0", "1"]),
    number(PRODUCER, "batch.size", "16384", 0, INT_MAX),
    number(PRODUCER, "buffer.memory", "33554432", 0, LONG_MAX),
    choice(PRODUCER, "compression.type", "none", &["none", "gzip", "snappy", "lz4", "zstd"]),
    number(PRODUCER, "compression.gzip.level", "-1", -1, 9),
    number(PRODUCER, "compression.lz4.level", "9", 1, 17),
    number(PRODUCER, "compression.zstd.level", "3", -131_072, 22),
    number(PRODUCER, "delivery.timeout.ms", "120000", 0, INT_MAX),
    boolean(PRODUCER, "enable.idempotence", "true"),
    number(PRODUCER, "linger.ms", "5", 0, LONG_MAX),
    number(PRODUCER, "max.block.ms", "60000", 0, LONG_MAX),
    number(PRODUCER, "max.in.flight.requests.per.connection", "5", 1, INT_MAX),
    number(PRODUCER, "max.request.size", "1048576", 0, INT_MAX),
    inert(PRODUCER, "metadata.max.idle.ms"),
    define(PRODUCER, "partitioner.class", None, ValueKind::Text),
    choice(
        PRODUCER,
        "partitioner",
        "default",
        &[
            "default",
            "round_robin",
            "random",
            "consistent",
            "consistent_random",
            "murmur2",
            "murmur2_random",
            "fnv1a",
            "fnv1a_random",
        ],
    ),
    boolean(PRODUCER, "partitioner.adaptive.partitioning.enable", "true"),
    inert(PRODUCER, "partitioner.availability.timeout.ms"),
    boolean(PRODUCER, "partitioner.ignore.keys", "false"),
    number(PRODUCER, "retries", "2147483647", 0, INT_MAX),
    number(PRODUCER, "transaction.timeout.ms", "60000", 1, INT_MAX),
    text(PRODUCER, "transactional.id", None),
    boolean(PRODUCER, "transaction.two.phase.commit.enable", "false"),
    inert(PRODUCER, "key.serializer"),
    inert(PRODUCER, "value.serializer"),
];

const CONSUMER_ONLY: &[Definition] = &[
    boolean(CONSUMER, "allow.auto.create.topics", "true"),
    number(CONSUMER, "auto.commit.interval.ms", "5000", 0, INT_MAX),
    // Also `by_duration:<ISO 8601>` (KIP-1106).
    text(CONSUMER, "auto.offset.reset", Some("latest")),
    boolean(CONSUMER, "check.crcs", "true"),
    text(CONSUMER, "client.rack", Some("")),
    boolean(CONSUMER, "enable.auto.commit", "true"),
    boolean(CONSUMER, "exclude.internal.topics", "true"),
    number(CONSUMER, "fetch.max.bytes", "52428800", 0, INT_MAX),
    number(CONSUMER, "fetch.max.wait.ms", "500", 0, INT_MAX),
    number(CONSUMER, "fetch.min.bytes", "1", 0, INT_MAX),
    text(CONSUMER, "group.id", None),
    text(CONSUMER, "group.instance.id", None),
    choice(CONSUMER, "group.protocol", "classic", &["classic", "consumer"]),
    text(CONSUMER, "group.remote.assignor", None),
    number(CONSUMER, "heartbeat.interval.ms", "3000", 1, INT_MAX),
    choice(CONSUMER, "isolation.level", "read_uncommitted", &["read_committed", "read_uncommitted"]),
    number(CONSUMER, "max.partition.fetch.bytes", "1048576", 0, INT_MAX),
    number(CONSUMER, "max.poll.interval.ms", "300000", 1, INT_MAX),
    number(CONSUMER, "max.poll.records", "500", 1, INT_MAX),
    define(CONSUMER, "partition.assignment.strategy", Some("range,cooperative-sticky"), ValueKind::List),
    number(CONSUMER, "queued.max.bytes", "67108864", 1, LONG_MAX),
    number(CONSUMER, "session.timeout.ms", "45000", 1, INT_MAX),
    inert(CONSUMER, "key.deserializer"),
    inert(CONSUMER, "value.deserializer"),
];

const ADMIN_ONLY: &[Definition] = &[
    define(ADMIN, "bootstrap.controllers", None, ValueKind::List),
    define(ADMIN, "retries", Some("2147483647"), ValueKind::Number(0..=INT_MAX)),
];

/// Every setting that some client knows; a name stands once for each group of clients.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    [COMMON, SECURITY, PRODUCER_ONLY, CONSUMER_ONLY, ADMIN_ONLY].into_iter().flatten()
}

/// What librdkafka calls settings that Kafka has under other names.
const ALIASES: [(&str, &str); 7] = [
    ("ssl.ca.location", "ssl.truststore.location"),
    ("ssl.ca.pem", "ssl.truststore.certificates"),
    ("ssl.certificate.pem", "ssl.keystore.certificate.chain"),
    ("ssl.key.pem", "ssl.keystore.key"),
    ("sasl.mechanisms", "sasl.mechanism"),
    ("sasl.oauthbearer.client.id", "sasl.oauthbearer.client.credentials.client.id"),
    ("sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.credentials.client.secret"),
];

/// The setting with this name, or with this name in librdkafka.
pub(super) fn find(name: &str) -> Option<&'static Definition> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
    all().find(|definition| definition.name == name)
}
