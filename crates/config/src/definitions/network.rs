//! Rows: listeners, sockets, connections, and what is read from them at once.

use crate::declare::{definitions, implied, int, list, long, null, string};
use crate::validator::Validator;
use crate::value_type::ValueType;

definitions! { Broker;
    LISTENERS: Vec<String> = "listeners" =>
        list("PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093").within(Validator::Listeners).per_broker().high().active(),
        "Where the node listens, as `NAME://host:port` entries; an empty host means every address.";
    ADVERTISED_LISTENERS: Option<Vec<String>> = "advertised.listeners" =>
        null(ValueType::List).within(Validator::Listeners).high().active(),
        "What clients and other nodes are told to connect to; the listeners themselves if unset.";
    LISTENER_SECURITY_PROTOCOL_MAP: String = "listener.security.protocol.map" =>
        string("SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT").within(Validator::ProtocolMap).per_broker().low().active(),
        "Which security protocol each listener name speaks.";
    CONTROLLER_LISTENER_NAMES: Vec<String> = "controller.listener.names" =>
        implied(ValueType::List).not_empty().high().active(),
        "The names of the listeners that belong to the controller.";
    INTER_BROKER_LISTENER_NAME: Option<String> = "inter.broker.listener.name" =>
        null(ValueType::String).active(),
        "The listener that brokers use among themselves.";
    SECURITY_INTER_BROKER_PROTOCOL: String = "security.inter.broker.protocol" =>
        string("PLAINTEXT").one_of(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]).active(),
        "The protocol that brokers use among themselves where no listener is named for it.";
    EARLY_START_LISTENERS: Option<Vec<String>> = "early.start.listeners" => null(ValueType::List).high(),
        "Listeners that are opened before the authorizer has finished loading.";
    SOCKET_SEND_BUFFER_BYTES: i32 = "socket.send.buffer.bytes" => int("102400").high().active(),
        "The kernel's send buffer of each connection; -1 leaves it to the operating system.";
    SOCKET_RECEIVE_BUFFER_BYTES: i32 = "socket.receive.buffer.bytes" => int("102400").high().active(),
        "The kernel's receive buffer of each connection; -1 leaves it to the operating system.";
    SOCKET_REQUEST_MAX_BYTES: i32 = "socket.request.max.bytes" =>
        int("104857600").at_least(1).high().active(),
        "The largest request that is read; a longer one closes its connection.";
    SOCKET_LISTEN_BACKLOG_SIZE: i32 = "socket.listen.backlog.size" => int("50").at_least(1).active(),
        "How many connections may wait to be accepted.";
    SOCKET_CONNECTION_SETUP_TIMEOUT_MS: i64 = "socket.connection.setup.timeout.ms" => long("10000"),
        "How long a connection to another node may take to be set up at first.";
    SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS: i64 = "socket.connection.setup.timeout.max.ms" => long("30000"),
        "Up to where that time grows while set-ups fail.";
    MAX_CONNECTIONS: i32 = "max.connections" => int("2147483647").at_least(0).cluster_wide().active(),
        "How many connections the node accepts in all.";
    MAX_CONNECTIONS_PER_IP: i32 = "max.connections.per.ip" =>
        int("2147483647").at_least(0).cluster_wide().active(),
        "How many connections one address may hold.";
    MAX_CONNECTIONS_PER_IP_OVERRIDES: String = "max.connections.per.ip.overrides" =>
        string("").within(Validator::ConnectionOverrides).cluster_wide().active(),
        "Limits for single hosts, as `host:count` entries, instead of `max.connections.per.ip`.";
    MAX_CONNECTION_CREATION_RATE: i32 = "max.connection.creation.rate" =>
        int("2147483647").at_least(0).cluster_wide().protects(),
        "How many connections per second are accepted.";
    CONNECTIONS_MAX_IDLE_MS: i64 = "connections.max.idle.ms" => long("600000").active(),
        "After how long without a request a connection is closed.";
    CONNECTION_FAILED_AUTHENTICATION_DELAY_MS: i32 = "connection.failed.authentication.delay.ms" =>
        int("100").at_least(0).low(),
        "How long the answer to a failed authentication is held back.";
    NUM_NETWORK_THREADS: i32 = "num.network.threads" => int("3").at_least(1).cluster_wide().high(),
        "How many threads Kafka gives to each listener's sockets.";
    NUM_IO_THREADS: i32 = "num.io.threads" => int("8").at_least(1).cluster_wide().high(),
        "How many threads Kafka gives to the execution of requests.";
    QUEUED_MAX_REQUESTS: i32 = "queued.max.requests" => int("500").at_least(1).high(),
        "How many requests may be read and not yet executed.";
    QUEUED_MAX_REQUEST_BYTES: i64 = "queued.max.request.bytes" => long("-1").active(),
        "How many bytes of requests may be in memory at once; -1 means no limit of this kind.";
    REQUEST_TIMEOUT_MS: i32 = "request.timeout.ms" => int("30000").high(),
        "How long the node waits for another node's answer.";
}
