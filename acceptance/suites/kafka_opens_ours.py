"""Apache Kafka, started on a copy of what Jackdaw left behind: after a clean stop it finds nothing to repair, after a
kill -9 too it serves what Jackdaw served; with both kinds of quorum, and with one that went from the one to the other."""

import json
import re
import shutil
import time

from harness import cases, places, process, segments, wire
from harness.broker import Broker
from suites import confluent
from suites.kafka_python import read

LOOKS_AT = "Kafka on a copy of our directory, after a clean stop and after a kill -9, static, dynamic and upgraded quorum"
QUICK = False
OURS = True
NEEDS_KAFKA = True
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
# What Kafka logs when it does not trust a log: after a clean stop none of it may appear. (It looks through the metadata log
# at every start, its own too.)
REPAIRS = re.compile(r"(?i)corrupt|recovering unflushed segment(?!.*__cluster_metadata)|not cleanly|unclean shutdown|truncat.*(invalid|index)|-stray")


def quorum(kind, port):
    if kind in ("static", "upgraded"):
        return {}
    return {"controller.quorum.voters": "", "controller.quorum.bootstrap.servers": f"127.0.0.1:{port + 1}"}


def upgrade(broker):
    """kraft.version from 0 to 1: the voters go from the configuration into the log."""
    update = {"Feature": "kraft.version", "MaxVersionLevel": 1, "UpgradeType": 1}
    with wire.Connection(broker.address) as connection:
        answer = connection.call("UpdateFeatures", 2, timeoutMs=10_000, FeatureUpdates=[update])
        cases.equal(answer["ErrorCode"], 0, f"error of UpdateFeatures ({answer['ErrorMessage']})")
        finalized = connection.call("ApiVersions", 4, ClientSoftwareName="wire", ClientSoftwareVersion="1")["FinalizedFeatures"]
    levels = {feature["Name"]: feature["MaxVersionLevel"] for feature in finalized}
    cases.equal(levels.get("kraft.version"), 1, "kraft.version")


def fill(broker):
    """Topics of every kind: codecs, idempotence, many segments, keys and headers, configurations, deleted records and topics."""
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import NewPartitions, NewTopic
    admin = confluent.admin(broker)
    confluent.done(admin.create_topics([
        NewTopic("o-small", 1, 1, config={"segment.bytes": "1048576", "index.interval.bytes": "1024"}), NewTopic("o-empty", 3, 1),
        NewTopic("o-times", 1, 1, config={"message.timestamp.type": "LogAppendTime"}), NewTopic("o-gone", 1, 1)]))
    for codec in CODECS:
        confluent.produce(broker, f"o-{codec}", [b"%s %d " % (codec.encode(), i) * 9 for i in range(300)], compression_type=codec, linger_ms=5)
    confluent.produce(broker, "o-small", [b"%d" % i * 300 for i in range(3000)], enable_idempotence=True, linger_ms=1)
    confluent.produce(broker, "o-times", [b"%d" % i for i in range(50)], acks="1", linger_ms=0)
    confluent.produce(broker, "o-gone", [b"x"])
    confluent.done(admin.create_partitions([NewPartitions("o-times", 2)]))
    confluent.done(admin.delete_records([TopicPartition("o-small", 0, 1234)]))
    confluent.done(admin.delete_topics(["o-gone"]))


def watermarks(broker, consumer, partition):
    """(log start, high watermark). Kafka says that it has started before it leads its partitions; Jackdaw does not."""
    from confluent_kafka import KafkaError, KafkaException
    deadline = time.monotonic() + (20 if broker.kind == "kafka" else 0)
    while True:
        try:
            return consumer.get_watermark_offsets(partition, 20)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def content(broker):
    """What a reader sees of every partition: offsets, times, keys, values."""
    from confluent_kafka import Consumer, TopicPartition
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "none"})
    found = {}
    topics = consumer.list_topics(timeout=20).topics
    for topic in sorted(name for name in topics if not name.startswith("__")):
        for partition in sorted(topics[topic].partitions):
            low, high = watermarks(broker, consumer, TopicPartition(topic, partition))
            rows = [(r.offset, r.timestamp, r.timestamp_type, r.key, r.value) for r in read(broker, topic, partition, low)] if high > low else []
            found[f"{topic}-{partition}"] = (low, high, rows)
    consumer.close()
    return found


def check_end(kind, end):
    name = f"ours_{kind}_{end}"
    port = places.free_ports(2)
    ours = Broker("jackdaw", name, {**quorum(kind, port), "log.retention.ms": "-1"}, port=port)
    ours.remove()
    ours.start()
    try:
        if kind == "upgraded":
            upgrade(ours)
        fill(ours)
        expected = content(ours)
        ours.stop() if end == "stopped" else ours.kill()
    finally:
        ours.stop()
        confluent.ADMINS.clear()
    wrong = segments.check(ours.data, f"kafka_opens_ours {kind} {end}", crashed=end == "killed")
    cases.equal(wrong, None, "segment_check")
    theirs = Broker("kafka", name, {**quorum(kind, port), "log.retention.ms": "-1"}, port=port)
    theirs.data.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ours.data, theirs.data)
    theirs.start(keep=True)
    try:
        found = content(theirs)
        confluent.produce(theirs, "o-none", [b"written by Kafka"])
    finally:
        theirs.stop()
    cases.equal(sorted(found), sorted(expected), "partitions")
    for partition, rows in expected.items():
        cases.equal(found[partition] == rows, True, f"the content of {partition} is the same: {found[partition][:2]} instead of {rows[:2]}")
    if end == "stopped":
        # Kafka's log has hardly any line breaks: an event begins with its time.
        events = re.split(r"(?=\d{4}-\d\d-\d\dT\d\d:)", theirs.log.read_text(errors="replace"))
        repairs = [event.strip()[25:225] for event in events if REPAIRS.search(event)]
        cases.equal(repairs, [], "what Kafka repaired")
    check_back(ours, theirs, expected)


def check_back(ours, theirs, expected):
    """And back: Jackdaw on the directory after Kafka has written to it."""
    shutil.rmtree(ours.data)
    shutil.copytree(theirs.data, ours.data)
    ours.start(keep=True)
    try:
        found = content(ours)
    finally:
        ours.stop()
    low, high, rows = expected["o-none-0"]
    cases.equal(found["o-none-0"][1], high + 1, "the record that Kafka wrote")
    cases.equal(found["o-none-0"][2][: len(rows)] == rows, True, "what was there before")


def check_dump(kind):
    """kafka-dump-log decodes our metadata log without an error."""
    data = places.HOME / "run" / f"ours_{kind}_stopped" / "jackdaw" / "data0"
    log = data / "__cluster_metadata-0" / "00000000000000000000.log"
    code, said = process.run([places.KAFKA_DIST / "bin" / "kafka-dump-log.sh", "--cluster-metadata-decoder", "--files", log], seconds=60)
    cases.equal(code, 0, f"exit code of kafka-dump-log.sh: {said[-300:]}")
    cases.contains(said, '"type":"REGISTER_BROKER_RECORD"', '"type":"TOPIC_RECORD"', "isvalid: true")
    cases.equal("isvalid: false" in said, False, "an invalid batch")
    properties = dict(line.split("=", 1) for line in (data / "meta.properties").read_text().splitlines() if "=" in line)
    cases.equal(properties["version"], "1", json.dumps(properties))


def run(context):
    outcomes = {}
    for kind in ("static", "dynamic", "upgraded"):
        for end in ("stopped", "killed"):
            outcomes[f"{kind} quorum, {end}"] = cases.attempt(check_end, kind, end)
        outcomes[f"{kind} quorum, metadata dumped"] = cases.attempt(check_dump, kind)
    return outcomes
