"""kafka-python by hand, once around: admin, producers with every codec, consumers that assign their partitions."""

import sys

from harness import cases, segments
from harness.broker import Broker

LOOKS_AT = "kafka-python once around: admin, every codec, seeking, offsets by time"
QUICK = True
WAIT_S = 15


def admin(broker):
    from kafka import KafkaAdminClient
    return KafkaAdminClient(bootstrap_servers=broker.address, request_timeout_ms=WAIT_S * 1000)


def producer(broker, **options):
    from kafka import KafkaProducer
    return KafkaProducer(bootstrap_servers=broker.address, **options)


def read(broker, topic, partition, start=0, **options):
    """All records of a partition from an offset to its end."""
    from kafka import KafkaConsumer, TopicPartition
    place = TopicPartition(topic, partition)
    consumer = KafkaConsumer(bootstrap_servers=broker.address, **options)
    try:
        consumer.assign([place])
        consumer.seek(place, start)
        end = consumer.end_offsets([place])[place]
        records = []
        for _ in range(60):
            if consumer.position(place) >= end:
                return records
            for batch in consumer.poll(timeout_ms=500).values():
                records.extend(batch)
        raise AssertionError(f"read {len(records)} records up to {consumer.position(place)} of {end}")
    finally:
        consumer.close()


def case_the_cluster_is_described(broker):
    client = admin(broker)
    found = client.describe_cluster()
    client.close()
    cases.equal([node["port"] for node in found["brokers"]], [broker.port], "ports")


def case_topics_are_made_listed_and_deleted(broker):
    from kafka.admin import NewTopic
    client = admin(broker)
    client.create_topics([NewTopic("py-one", 2, 1), NewTopic("py-two", 3, 1, topic_configs={"retention.ms": "1000"})])
    cases.contains(" ".join(client.list_topics()), "py-one", "py-two")
    client.delete_topics(["py-two"])
    cases.eventually(lambda: "py-two" not in client.list_topics(), "py-two is gone")
    client.close()


def case_every_codec_comes_back(broker):
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        topic = f"py-codec-{codec}"
        sender = producer(broker, compression_type=codec, linger_ms=20)
        sent = [sender.send(topic, key=b"%d" % i, value=b"value %d " % i * 20, partition=0, headers=[("h", b"%d" % i)])
                for i in range(200)]
        offsets = [future.get(WAIT_S).offset for future in sent]
        sender.close()
        cases.equal(offsets, list(range(200)), f"offsets with {codec}")
        found = [(record.key, record.value, list(record.headers)) for record in read(broker, topic, 0)]
        cases.equal(found, [(b"%d" % i, b"value %d " % i * 20, [("h", b"%d" % i)]) for i in range(200)], f"{codec}")


def case_idempotent_producers_are_the_default(broker):
    sender = producer(broker, enable_idempotence=True)
    for _ in range(5):
        cases.equal([sender.send("py-once", b"x", partition=0).get(WAIT_S).partition for _ in range(5)], [0] * 5, "partition")
    sender.close()
    cases.equal(len(read(broker, "py-once", 0)), 25, "records")


def case_acks(broker):
    for acks in (0, 1, "all"):
        sender = producer(broker, acks=acks, enable_idempotence=False)
        sender.send("py-acks", b"x", partition=0).get(WAIT_S)
        sender.flush()
        sender.close()
    cases.equal(len(read(broker, "py-acks", 0)), 3, "records")


def case_timestamps_are_kept_and_searched(broker):
    from kafka import KafkaConsumer, TopicPartition
    sender = producer(broker)
    now = 1_700_000_000_000
    for i in range(10):
        sender.send("py-times", b"%d" % i, partition=0, timestamp_ms=now + i * 1000).get(WAIT_S)
    sender.close()
    place = TopicPartition("py-times", 0)
    consumer = KafkaConsumer(bootstrap_servers=broker.address)
    found = consumer.offsets_for_times({place: now + 4500})[place]
    consumer.close()
    cases.equal((found.offset, found.timestamp), (5, now + 5000), "the first record at or after 4.5 s")
    cases.equal([record.timestamp for record in read(broker, "py-times", 0)], [now + i * 1000 for i in range(10)], "times")


def case_reading_starts_in_the_middle(broker):
    cases.equal([record.offset for record in read(broker, "py-codec-gzip", 0, start=150)], list(range(150, 200)), "offsets")
    cases.equal([r.offset for r in read(broker, "py-codec-gzip", 0, start=190, isolation_level="read_committed")],
                list(range(190, 200)), "offsets, read committed")


def case_records_are_deleted(broker):
    from kafka import TopicPartition
    client = admin(broker)
    client.delete_records({TopicPartition("py-codec-lz4", 0): 120})
    client.close()
    cases.equal([record.offset for record in read(broker, "py-codec-lz4", 0, start=120)], list(range(120, 200)), "offsets")


def case_too_large_is_refused(broker):
    from kafka.errors import MessageSizeTooLargeError
    sender = producer(broker, max_request_size=5_000_000)
    try:
        sender.send("py-large", b"x" * 2_000_000, partition=0).get(WAIT_S)
    except MessageSizeTooLargeError:
        return
    finally:
        sender.close()
    raise AssertionError("two megabytes were taken")


def run(context):
    with Broker(context.kind, "kafka_python") as broker:
        outcomes = cases.collect(cases.named(sys.modules[__name__]), broker)
    segments.check(broker.data, "kafka_python")
    return outcomes
