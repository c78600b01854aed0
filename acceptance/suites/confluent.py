"""confluent-kafka (a current librdkafka) once around: admin, producers, consumers that assign their partitions."""

import sys

from harness import cases, segments
from harness.broker import Broker

LOOKS_AT = "confluent-kafka once around: admin with configurations, partitions and records; every codec; watermarks"
QUICK = True
WAIT_S = 15


ADMINS = {}  # an admin client has to outlive the futures that it gave


def admin(broker):
    from confluent_kafka.admin import AdminClient
    if broker.address not in ADMINS:
        ADMINS[broker.address] = AdminClient({"bootstrap.servers": broker.address})
    return ADMINS[broker.address]


def done(futures):
    """The results of admin futures."""
    return {key: future.result(WAIT_S) for key, future in futures.items()}


def produce(broker, topic, values, partition=0, **options):
    """Produces and returns the offsets that were acknowledged."""
    from confluent_kafka import Producer
    offsets, errors = [], []

    def on_delivery(error, message):
        (errors.append(error) if error else offsets.append(message.offset()))

    options = {name.replace("_", "."): value for name, value in options.items()}
    sender = Producer({"bootstrap.servers": broker.address, "message.timeout.ms": WAIT_S * 1000, **options})
    for value in values:
        sender.produce(topic, value=value, key=b"k", partition=partition, on_delivery=on_delivery)
    cases.equal(sender.flush(WAIT_S + 5), 0, "messages that were not delivered")
    if errors:
        raise AssertionError(f"{len(errors)} errors, the first: {errors[0]}")
    return sorted(offsets)


def read(broker, topic, partition, count, start=0, **options):
    """So many values of a partition."""
    from confluent_kafka import Consumer, TopicPartition
    options = {name.replace("_", "."): value for name, value in options.items()}
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "unused", "enable.auto.commit": False, **options})
    values = []
    try:
        consumer.assign([TopicPartition(topic, partition, start)])
        for _ in range(WAIT_S * 2):
            for message in consumer.consume(count - len(values), 0.5):
                if message.error():
                    raise AssertionError(str(message.error()))
                values.append(message.value())
            if len(values) >= count:
                return values
    finally:
        consumer.close()
    raise AssertionError(f"{len(values)} of {count} records came")


def case_topics_with_configurations(broker):
    from confluent_kafka.admin import NewTopic
    topics = [NewTopic("ck-made", 3, 1, config={"segment.bytes": "1048576", "cleanup.policy": "delete"})]
    done(admin(broker).create_topics(topics))
    made = admin(broker).list_topics("ck-made", timeout=WAIT_S).topics["ck-made"]
    cases.equal(sorted(made.partitions), [0, 1, 2], "partitions")


def case_validation_makes_nothing(broker):
    from confluent_kafka.admin import NewTopic
    done(admin(broker).create_topics([NewTopic("ck-checked", 1, 1)], validate_only=True))
    cases.equal("ck-checked" in admin(broker).list_topics(timeout=WAIT_S).topics, False, "it is there")


def case_bad_requests_have_kafkas_errors(broker):
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import NewTopic
    for topic, name in ((NewTopic("ck-made", 1, 1), "TOPIC_ALREADY_EXISTS"), (NewTopic("ck bad", 1, 1), "TOPIC_EXCEPTION"),
                        (NewTopic("ck-many", 1, 3), "INVALID_REPLICATION_FACTOR"), (NewTopic("ck-none", 0, 1), "INVALID_PARTITIONS"),
                        (NewTopic("ck-config", 1, 1, config={"no.such": "1"}), "INVALID_CONFIG")):
        try:
            done(admin(broker).create_topics([topic]))
            raise AssertionError(f"{topic} was made")
        except KafkaException as error:
            cases.equal(error.args[0].name(), name, str(topic))


def case_configurations_are_described_and_changed(broker):
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource
    resource = ConfigResource(ConfigResource.Type.TOPIC, "ck-made")
    cases.equal(done(admin(broker).describe_configs([resource]))[resource]["segment.bytes"].value, "1048576", "segment.bytes")
    change = ConfigEntry("retention.ms", "12345", incremental_operation=AlterConfigOpType.SET)
    done(admin(broker).incremental_alter_configs([ConfigResource(ConfigResource.Type.TOPIC, "ck-made", incremental_configs=[change])]))
    cases.eventually(lambda: done(admin(broker).describe_configs([resource]))[resource]["retention.ms"].value == "12345",
                     "retention.ms is 12345")


def case_the_broker_describes_itself(broker):
    from confluent_kafka.admin import ConfigResource
    resource = ConfigResource(ConfigResource.Type.BROKER, "0")
    entries = done(admin(broker).describe_configs([resource]))[resource]
    cases.equal((entries["num.partitions"].value, entries["node.id"].value), ("4", "0"), "num.partitions, node.id")


def case_partitions_are_added(broker):
    from confluent_kafka.admin import NewPartitions
    done(admin(broker).create_partitions([NewPartitions("ck-made", 5)]))
    cases.equal(len(admin(broker).list_topics("ck-made", timeout=WAIT_S).topics["ck-made"].partitions), 5, "partitions")


def case_every_codec(broker):
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        values = [f"{codec} {i} ".encode() * 10 for i in range(500)]
        cases.equal(produce(broker, f"ck-{codec}", values, compression_type=codec, linger_ms=20), list(range(500)), codec)
        cases.equal(read(broker, f"ck-{codec}", 0, 500), values, codec)


def case_idempotent_producer(broker):
    values = [b"%d" % i for i in range(5000)]
    cases.equal(produce(broker, "ck-once", values, enable_idempotence=True, linger_ms=1), list(range(5000)), "offsets")
    cases.equal(read(broker, "ck-once", 0, 5000), values, "values")


def case_watermarks_and_times(broker):
    from confluent_kafka import Consumer, TopicPartition
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "unused"})
    try:
        cases.equal(consumer.get_watermark_offsets(TopicPartition("ck-once", 0), WAIT_S), (0, 5000), "watermarks")
        cases.equal(consumer.offsets_for_times([TopicPartition("ck-once", 0, 0)], WAIT_S)[0].offset, 0, "since 1970")
    finally:
        consumer.close()


def case_list_offsets(broker):
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import OffsetSpec
    place = TopicPartition("ck-once", 0)
    for spec, expected in ((OffsetSpec.latest(), 5000), (OffsetSpec.earliest(), 0)):
        found = done(admin(broker).list_offsets({place: spec}))
        cases.equal(found[place].offset, expected, str(spec))


def case_records_are_deleted(broker):
    from confluent_kafka import TopicPartition
    found = done(admin(broker).delete_records([TopicPartition("ck-once", 0, 4000)]))
    cases.equal([result.low_watermark for result in found.values()], [4000], "low watermark")
    cases.equal(read(broker, "ck-once", 0, 1000, start=4000)[0], b"4000", "first value")


def case_the_cluster_is_described(broker):
    found = admin(broker).describe_cluster(request_timeout=WAIT_S).result(WAIT_S)
    cases.equal(([node.port for node in found.nodes], found.controller.id), ([broker.port], 0), "nodes and controller")


def case_topics_are_described(broker):
    from confluent_kafka import TopicCollection
    found = done(admin(broker).describe_topics(TopicCollection(["ck-made"])))["ck-made"]
    cases.equal((len(found.partitions), found.is_internal), (5, False), "partitions, internal")


def case_topics_are_deleted(broker):
    done(admin(broker).delete_topics(["ck-made"]))
    cases.eventually(lambda: "ck-made" not in admin(broker).list_topics(timeout=WAIT_S).topics, "ck-made is gone")


def run(context):
    with Broker(context.kind, "confluent") as broker:
        outcomes = cases.collect(cases.named(sys.modules[__name__]), broker)
        ADMINS.clear()
    segments.check(broker.data, "confluent")
    return outcomes
