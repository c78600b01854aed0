"""A data directory that Apache Kafka wrote, stopped in order or killed, opened in place: the same records for both
isolation levels, the same offsets, the same topics and configurations."""

import json
import tarfile
import time

from harness import cases, places, segments
from harness.broker import Broker
from suites.kafka_python import read

LOOKS_AT = "opens Kafka's own data directory, clean and crashed, and serves what it held, groups included"
QUICK = True
FIXTURE = places.GOLDEN / "kafka-4.3.1"


def properties(port):
    """The golden node is number 1; its records are old, so nothing may expire."""
    return {
        "node.id": "1", "controller.quorum.voters": f"1@127.0.0.1:{port + 1}", "log.retention.ms": "-1",
        "offsets.retention.minutes": "2147483647", "log.cleaner.enable": "false",
    }


def open_golden(context, state):
    """A broker on a fresh copy of the golden directory."""
    port = places.free_ports(2)
    broker = Broker(context.kind, f"opens_kafka_{state}", properties(port), port=port)
    broker.remove()
    broker.data.mkdir(parents=True)
    with tarfile.open(FIXTURE / f"data-{state}.tar.xz") as archive:
        archive.extractall(broker.data, filter="data")
    return broker.start(keep=True)


def row(record):
    """A record as content.json has it."""
    text = lambda value: None if value is None else value.decode()  # noqa: E731
    headers = [[key, text(value)] for key, value in record.headers]
    return [record.offset, record.timestamp, record.timestamp_type + 1, text(record.key), text(record.value), headers]


def shortened(rows, expected):
    """Where the expectation has a length instead of a value, the rows get one, too."""
    return [found[:4] + [len(found[4]) if isinstance(want[4], int) else found[4]] + found[5:]
            for found, want in zip(rows, expected)]


def check_partition(broker, name, content, state):
    topic, partition = name.rsplit("-", 1)
    start = content["log_start"]
    uncommitted = content["read_uncommitted"]
    found = [row(record) for record in read(broker, topic, int(partition), start)]
    cases.equal(len(found), len(uncommitted), f"records of {name}")
    cases.equal(shortened(found, uncommitted), uncommitted, f"records of {name}")
    committed = content["read_committed"]
    found = [row(record) for record in read(broker, topic, int(partition), start, isolation_level="read_committed")]
    expected = uncommitted[:committed] if isinstance(committed, int) else committed
    cases.equal(shortened(found, expected), expected, f"committed records of {name}")


def check_offsets(broker, contents, state):
    from kafka import KafkaConsumer, TopicPartition
    consumer = KafkaConsumer(bootstrap_servers=broker.address)
    places_ = {name: TopicPartition(*(part if i == 0 else int(part) for i, part in enumerate(name.rsplit("-", 1))))
               for name in contents}
    starts = consumer.beginning_offsets(list(places_.values()))
    ends = consumer.end_offsets(list(places_.values()))
    consumer.close()
    for name, content in contents.items():
        # The transaction that was open at the crash is aborted by its time-out, in the clean directory already: one marker more.
        ends_allowed = [content["high_watermark"]]
        if name == "transactions-0":
            ends_allowed = [ends_allowed[0] + 1] + (ends_allowed if state == "crashed" else [])
        cases.equal(starts[places_[name]], content["log_start"], f"log start of {name}")
        cases.equal(ends[places_[name]] in ends_allowed, True, f"high watermark {ends[places_[name]]} of {name} is right")


def check_topics(broker):
    from confluent_kafka.admin import AdminClient, ConfigResource
    admin = AdminClient({"bootstrap.servers": broker.address})
    topics = admin.list_topics(timeout=15).topics
    names = {"plain", "segments", "codec-gzip", "transactions", "compacted", "trimmed", "logappend", "queue", "grown"}
    cases.equal(names - set(topics), set(), "topics that are missing")
    cases.equal("gone" in topics, False, "the deleted topic is there")
    cases.equal(len(topics["grown"].partitions), 3, "partitions of grown")
    resource = ConfigResource(ConfigResource.Type.TOPIC, "compacted")
    found = admin.describe_configs([resource])[resource].result(15)
    cases.contains(found["cleanup.policy"].value, "compact")


def check_groups(broker):
    """The groups that the golden directory was left with, one of each protocol, and what they had committed."""
    from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
    from confluent_kafka.admin import AdminClient
    admin = AdminClient({"bootstrap.servers": broker.address})
    wanted = {"classic-group": ("plain", 1, 20), "new-group": ("plain", 1, 10)}
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:  # Kafka serves before it has loaded the coordinators' partitions
        listed = admin.list_consumer_groups().result(15)
        if not listed.errors and set(wanted) <= {group.group_id for group in listed.valid}:
            break
        time.sleep(0.2)
    cases.equal(set(wanted) - {group.group_id for group in listed.valid}, set(), "groups that are missing")
    types = {group.group_id: group.type.name for group in listed.valid}
    cases.equal((types["classic-group"], types["new-group"]), ("CLASSIC", "CONSUMER"), "protocols of the groups")
    for group, (topic, partition, offset) in wanted.items():
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition)])
        found = admin.list_consumer_group_offsets([asked])[group].result(15)
        cases.equal(found.topic_partitions[0].offset, offset, f"committed offset of {group}")
        described = admin.describe_consumer_groups([group])[group].result(15)
        cases.equal((described.state.name, described.members), ("EMPTY", []), f"state of {group}")


def run(context):
    outcomes = {}
    contents = json.loads((FIXTURE / "content.json").read_text())
    for state in ("clean", "crashed"):
        broker = open_golden(context, state)
        try:
            checks = [(f"{state} {name}", check_partition, (broker, name, content, state)) for name, content in contents.items()]
            checks += [(f"{state} offsets", check_offsets, (broker, contents, state)), (f"{state} topics", check_topics, (broker,)),
                       (f"{state} groups", check_groups, (broker,))]
            for case, check, arguments in checks:
                outcomes[case] = cases.attempt(check, *arguments)
        finally:
            broker.stop()
        segments.check(broker.data, f"opens_kafka {state}")
    return outcomes
