//! Rows: transport security.

use crate::declare::{boolean, class, definitions, list, null, password, string};
use crate::value::Secret;
use crate::value_type::ValueType;

definitions! { Broker;
    SSL_CLIENT_AUTH: String = "ssl.client.auth" =>
        string("none").one_of(&["required", "requested", "none"]).per_broker().protects(),
        "Whether clients must show a certificate: `required`, `requested` or `none`.";
    SSL_PROTOCOL: String = "ssl.protocol" => string("TLSv1.3").per_broker(),
        "The TLS version that is preferred.";
    SSL_ENABLED_PROTOCOLS: Vec<String> = "ssl.enabled.protocols" => list("TLSv1.2,TLSv1.3").per_broker(),
        "The TLS versions that are accepted.";
    SSL_CIPHER_SUITES: Vec<String> = "ssl.cipher.suites" => list("").per_broker(),
        "The cipher suites that are accepted; all of the TLS library if empty.";
    SSL_PROVIDER: Option<String> = "ssl.provider" => null(ValueType::String).per_broker(),
        "The Java security provider of connections.";
    SSL_KEYSTORE_TYPE: String = "ssl.keystore.type" => string("JKS").per_broker(),
        "The format of the key store: `JKS`, `PKCS12` or `PEM`.";
    SSL_KEYSTORE_LOCATION: Option<String> = "ssl.keystore.location" => null(ValueType::String).per_broker(),
        "The file of the key store.";
    SSL_KEYSTORE_PASSWORD: Option<Secret> = "ssl.keystore.password" => password().per_broker(),
        "The password of the key store's file.";
    SSL_KEYSTORE_KEY: Option<Secret> = "ssl.keystore.key" => password().per_broker(),
        "The private key itself, in PEM.";
    SSL_KEYSTORE_CERTIFICATE_CHAIN: Option<Secret> = "ssl.keystore.certificate.chain" =>
        password().per_broker(),
        "The certificates of that key themselves, in PEM.";
    SSL_KEY_PASSWORD: Option<Secret> = "ssl.key.password" => password().per_broker(),
        "The password of the private key.";
    SSL_TRUSTSTORE_TYPE: String = "ssl.truststore.type" => string("JKS").per_broker(),
        "The format of the trust store: `JKS`, `PKCS12` or `PEM`.";
    SSL_TRUSTSTORE_LOCATION: Option<String> = "ssl.truststore.location" =>
        null(ValueType::String).per_broker(),
        "The file of the trust store.";
    SSL_TRUSTSTORE_PASSWORD: Option<Secret> = "ssl.truststore.password" => password().per_broker(),
        "The password of the trust store's file.";
    SSL_TRUSTSTORE_CERTIFICATES: Option<Secret> = "ssl.truststore.certificates" => password().per_broker(),
        "The trusted certificates themselves, in PEM.";
    SSL_KEYMANAGER_ALGORITHM: String = "ssl.keymanager.algorithm" => string("SunX509").per_broker(),
        "The Java algorithm of the key manager.";
    SSL_TRUSTMANAGER_ALGORITHM: String = "ssl.trustmanager.algorithm" => string("PKIX").per_broker(),
        "The Java algorithm of the trust manager.";
    SSL_ENDPOINT_IDENTIFICATION_ALGORITHM: String = "ssl.endpoint.identification.algorithm" =>
        string("https").per_broker().low(),
        "How a server's name is checked against its certificate; empty checks nothing.";
    SSL_SECURE_RANDOM_IMPLEMENTATION: Option<String> = "ssl.secure.random.implementation" =>
        null(ValueType::String).per_broker().low(),
        "The Java source of random numbers.";
    SSL_ENGINE_FACTORY_CLASS: Option<String> = "ssl.engine.factory.class" =>
        null(ValueType::Class).per_broker().low().protects(),
        "The class that makes TLS engines.";
    SSL_PRINCIPAL_MAPPING_RULES: String = "ssl.principal.mapping.rules" => string("DEFAULT").low().protects(),
        "How the name in a client's certificate becomes a principal.";
    SSL_ALLOW_DN_CHANGES: bool = "ssl.allow.dn.changes" => boolean("false").low(),
        "Whether a replaced certificate may name another subject.";
    SSL_ALLOW_SAN_CHANGES: bool = "ssl.allow.san.changes" => boolean("false").low(),
        "Whether a replaced certificate may name other hosts.";
    SECURITY_PROVIDERS: Option<String> = "security.providers" => null(ValueType::String).low(),
        "Java classes that bring security algorithms.";
    PRINCIPAL_BUILDER_CLASS: String = "principal.builder.class" =>
        class("org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder").per_broker().protects(),
        "The class that turns an authenticated connection into a principal.";
}
