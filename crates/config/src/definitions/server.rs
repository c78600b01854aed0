//! Rows: the node itself: identity, roles, defaults of topics, threads, policies, metrics.

use crate::declare::{boolean, definitions, implied, int, list, long, null, string};
use crate::validator::Validator;
use crate::value_type::ValueType;

definitions! { Broker;
    NODE_ID: i32 = "node.id" => implied(ValueType::Int).at_least(0).high().active(),
        "The number of this node in the cluster.";
    BROKER_ID: i32 = "broker.id" => int("-1").high().active(),
        "The older name of `node.id`; where both are set they must agree.";
    PROCESS_ROLES: Vec<String> = "process.roles" =>
        implied(ValueType::List).list_of(&["broker", "controller"]).not_empty().high().active(),
        "What this node is: `broker`, `controller` or both.";
    BROKER_RACK: Option<String> = "broker.rack" => null(ValueType::String).active(),
        "The rack or zone in which this node stands.";
    AUTO_CREATE_TOPICS_ENABLE: bool = "auto.create.topics.enable" => boolean("true").high().active(),
        "Whether a topic is made when a client asks for one that is missing.";
    DELETE_TOPIC_ENABLE: bool = "delete.topic.enable" => boolean("true").high().active(),
        "Whether topics may be deleted.";
    NUM_PARTITIONS: i32 = "num.partitions" => int("1").at_least(1).active(),
        "How many partitions a topic gets when its creation names no number.";
    DEFAULT_REPLICATION_FACTOR: i32 = "default.replication.factor" => int("1").active(),
        "How many replicas a partition gets when its creation names no number.";
    MESSAGE_MAX_BYTES: i32 = "message.max.bytes" => int("1048588").at_least(0).cluster_wide().high().active(),
        "The largest record batch that a topic takes.";
    COMPRESSION_TYPE: String = "compression.type" =>
        string("producer").one_of(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]).cluster_wide().high().active(),
        "How batches are stored: `producer` keeps them as they came.";
    COMPRESSION_GZIP_LEVEL: i32 = "compression.gzip.level" =>
        int("-1").within(Validator::GzipLevel).cluster_wide().active(),
        "How hard gzip works where the broker compresses itself.";
    COMPRESSION_LZ4_LEVEL: i32 = "compression.lz4.level" => int("9").between(1, 17).cluster_wide().active(),
        "How hard lz4 works where the broker compresses itself.";
    COMPRESSION_ZSTD_LEVEL: i32 = "compression.zstd.level" =>
        int("3").between(-131_072, 22).cluster_wide().active(),
        "How hard zstd works where the broker compresses itself.";
    FETCH_MAX_BYTES: i32 = "fetch.max.bytes" => int("57671680").at_least(1024).active(),
        "The most bytes that one answer to a fetch carries.";
    MAX_INCREMENTAL_FETCH_SESSION_CACHE_SLOTS: i32 = "max.incremental.fetch.session.cache.slots" =>
        int("1000").at_least(0).active(),
        "How many incremental fetch sessions are remembered.";
    MAX_REQUEST_PARTITION_SIZE_LIMIT: i32 = "max.request.partition.size.limit" =>
        int("2000").at_least(1).active(),
        "How many partitions one page of a topic description holds.";
    BACKGROUND_THREADS: i32 = "background.threads" => int("10").at_least(1).cluster_wide().high(),
        "How many threads do background work.";
    CONTROLLED_SHUTDOWN_ENABLE: bool = "controlled.shutdown.enable" => boolean("true"),
        "Whether a broker hands over its leaderships before it stops.";
    CREATE_TOPIC_POLICY_CLASS_NAME: Option<String> = "create.topic.policy.class.name" =>
        null(ValueType::Class).low().protects(),
        "A class that may refuse the creation of a topic.";
    ALTER_CONFIG_POLICY_CLASS_NAME: Option<String> = "alter.config.policy.class.name" =>
        null(ValueType::Class).low().protects(),
        "A class that may refuse a change of configuration.";
    AUTHORIZER_CLASS_NAME: String = "authorizer.class.name" => string("").low().protects(),
        "The class that decides who may do what; nobody is refused without one.";
    CONFIG_PROVIDERS: Vec<String> = "config.providers" => list("").cluster_wide().low().active(),
        "Names of providers that resolve `${provider:path:key}` in values.";
    FETCH_PURGATORY_PURGE_INTERVAL_REQUESTS: i32 = "fetch.purgatory.purge.interval.requests" => int("1000").nothing_to_tune(),
        "After how many finished requests Kafka clears its list of waiting fetches.";
    PRODUCER_PURGATORY_PURGE_INTERVAL_REQUESTS: i32 = "producer.purgatory.purge.interval.requests" =>
        int("1000").nothing_to_tune(),
        "After how many finished requests Kafka clears its list of waiting produces.";
    DELETE_RECORDS_PURGATORY_PURGE_INTERVAL_REQUESTS: i32 = "delete.records.purgatory.purge.interval.requests" =>
        int("1").nothing_to_tune(),
        "After how many finished requests Kafka clears its list of waiting record deletions.";
    KAFKA_METRICS_REPORTERS: Vec<String> = "kafka.metrics.reporters" => list("").low(),
        "Java classes that receive the broker's own metrics.";
    KAFKA_METRICS_POLLING_INTERVAL_SECS: i32 = "kafka.metrics.polling.interval.secs" =>
        int("10").at_least(1).low(),
        "How often those classes are polled.";
    METRIC_REPORTERS: Vec<String> = "metric.reporters" =>
        list("org.apache.kafka.common.metrics.JmxReporter").cluster_wide().low(),
        "Java classes that receive client and broker metrics.";
    METRICS_NUM_SAMPLES: i32 = "metrics.num.samples" => int("2").at_least(1).low(),
        "Over how many samples a metric is computed.";
    METRICS_SAMPLE_WINDOW_MS: i64 = "metrics.sample.window.ms" => long("30000").at_least(1).low(),
        "How long one sample of a metric lasts.";
    METRICS_RECORDING_LEVEL: String = "metrics.recording.level" => string("INFO").low(),
        "How detailed metrics are: `INFO`, `DEBUG` or `TRACE`.";
    TELEMETRY_MAX_BYTES: i32 = "telemetry.max.bytes" => int("1048576").at_least(1).low(),
        "The largest telemetry push that is taken from a client.";
    UNSTABLE_API_VERSIONS_ENABLE: bool = "unstable.api.versions.enable" => boolean("false").high().internal(),
        "Whether request versions that are still in development are offered.";
    UNSTABLE_FEATURE_VERSIONS_ENABLE: bool = "unstable.feature.versions.enable" =>
        boolean("false").high().internal(),
        "Whether feature levels that are still in development are offered.";
}
