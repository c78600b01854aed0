"""The requests of the suite `answers`: (case, API, version, fields). They run in this order against one broker."""

import struct
import uuid

from harness import wire

NONE = bytes(16)
UNKNOWN = uuid.UUID("6f6e6c79-6166-4061-8b65-746f70696331").bytes
WITHOUT_ANSWER = {"SaslHandshake", "SaslAuthenticate"}


def served(broker):
    """{API: (oldest, newest)} as the reference has it."""
    rows = {}
    with wire.Connection(broker.address) as connection:
        for row in connection.call("ApiVersions", 0)["ApiKeys"]:
            rows[row["ApiKey"]] = (row["MinVersion"], row["MaxVersion"])
    return rows


# What Kafka 4.3.1 serves: asked in every version, whatever the broker says of itself.
VERSIONS = {
    "ApiVersions": (0, 4), "Metadata": (0, 13), "Produce": (3, 13), "Fetch": (4, 18), "ListOffsets": (1, 11), "CreateTopics": (2, 7),
    "DeleteTopics": (1, 6), "DeleteRecords": (0, 2), "InitProducerId": (0, 5), "OffsetForLeaderEpoch": (2, 4), "DescribeConfigs": (1, 4),
    "AlterConfigs": (0, 2), "AlterReplicaLogDirs": (1, 2), "DescribeLogDirs": (1, 5), "CreatePartitions": (0, 3), "ElectLeaders": (0, 2),
    "IncrementalAlterConfigs": (0, 1), "AlterPartitionReassignments": (0, 1), "ListPartitionReassignments": (0, 0), "DescribeQuorum": (0, 2),
    "UpdateFeatures": (0, 2), "DescribeCluster": (0, 2), "UnregisterBroker": (0, 0), "ListConfigResources": (0, 1),
    "DescribeTopicPartitions": (0, 0),
}


def each(api):
    """Every version of an API."""
    low, high = VERSIONS[api]
    return range(low, high + 1)


def batch(values, magic=2, codec=0, crc=None, producer_id=-1, epoch=-1, sequence=-1, attributes=0, count=None, last_delta=None, key=None, time=1_760_000_000_000):
    """A record batch of version 2 by hand, so that it can be wrong."""
    records = b""
    for delta, value in enumerate(values):
        body = b"\0" + varint(0) + varint(delta) + (varint(-1) if key is None else varint(len(key)) + key) + varint(len(value)) + value + varint(0)
        records += varint(len(body)) + body
    last = len(values) - 1 if last_delta is None else last_delta
    tail = struct.pack(">hiqqqhii", attributes | codec, last, time, time, producer_id, epoch, sequence, len(values) if count is None else count) + records
    found = crc32c(tail) if crc is None else crc
    return struct.pack(">qiibI", 0, 9 + len(tail), -1, magic, found) + tail


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def crc32c(data):
    import crc32c as library
    return library.crc32c(data)


def all_cases(broker):
    """Every case, made when it is asked: topic ids are learnt on the way."""
    yield from about_the_broker()
    yield from creating_topics()
    ids = topic_ids(broker, ["one", "three", "compact"])
    yield from metadata(ids)
    yield from producing(ids)
    yield from producer_ids()
    yield from listing_offsets()
    yield from fetching(ids)
    yield from configurations()
    yield from partitions_and_records()
    yield from cluster_administration()
    yield from deleting_topics(ids)


def topic_ids(broker, names):
    """{name: id}, once the broker knows them all."""
    from harness import cases
    found = {}

    def known():
        with wire.Connection(broker.address) as connection:
            answer = connection.call("Metadata", 12, Topics=[{"Name": name} for name in names], AllowAutoTopicCreation=False)
        found.update({topic["Name"]: topic["TopicId"] for topic in answer["Topics"] if not topic["ErrorCode"]})
        return len(found) == len(names)

    cases.eventually(known, f"{names} are known")
    return found


def about_the_broker():
    for version in each("ApiVersions"):
        if version < 3:
            yield "empty", "ApiVersions", version, {}
        else:
            yield "named client", "ApiVersions", version, {"ClientSoftwareName": "wire", "ClientSoftwareVersion": "1.0"}
            yield "client with a bad name", "ApiVersions", version, {"ClientSoftwareName": "wire !", "ClientSoftwareVersion": "1.0"}
    for version in each("DescribeCluster"):
        yield "brokers", "DescribeCluster", version, {}
        if version >= 1:
            yield "controllers, from a broker", "DescribeCluster", version, {"EndpointType": 2}
            yield "unknown endpoint type", "DescribeCluster", version, {"EndpointType": 7}


def topic(name, partitions=1, replicas=1, assignments=(), **configs):
    return {"Name": name, "NumPartitions": partitions, "ReplicationFactor": replicas,
            "Assignments": [{"PartitionIndex": index, "BrokerIds": nodes} for index, nodes in enumerate(assignments)],
            "Configs": [{"Name": key.replace("_", "."), "Value": value} for key, value in configs.items()]}


def creating_topics():
    for version in each("CreateTopics"):
        def make(case, *topics, **fields):
            return case, "CreateTopics", version, {"Topics": list(topics), "timeoutMs": 10_000, **fields}
        yield make("one", topic(f"made-{version}", 2))
        yield make("is there", topic(f"made-{version}", 2))
        yield make("none asked")
        yield make("checked only", topic(f"checked-{version}", 2, retention_ms="1000"), validateOnly=True)
        yield make("checked only, is there", topic(f"made-{version}"), validateOnly=True)
        yield make("illegal name", topic("il legal"))
        yield make("empty name", topic(""))
        yield make("a dot", topic("."))
        yield make("too long a name", topic("n" * 250))
        yield make("collides with another", topic(f"made.{version}"))
        yield make("no partitions", topic(f"bad-{version}", 0))
        yield make("negative partitions", topic(f"bad-{version}", -2))
        yield make("three replicas", topic(f"bad-{version}", 1, 3))
        yield make("no replicas", topic(f"bad-{version}", 1, 0))
        yield make("unknown configuration", topic(f"bad-{version}", no_such="1"))
        yield make("bad configuration", topic(f"bad-{version}", retention_ms="soon"))
        yield make("negative configuration", topic(f"bad-{version}", segment_bytes="-1"))
        yield make("null configuration", topic(f"bad-{version}", retention_ms=None))
        yield make("twice in one request", topic(f"twice-{version}"), topic(f"twice-{version}"))
        yield make("good and bad", topic(f"good-{version}"), topic("b a d"))
        yield make("assignment", topic(f"assigned-{version}", -1, -1, [[0], [0]]))
        yield make("assignment and count", topic(f"bad-{version}", 2, 1, [[0], [0]]))
        yield make("assignment to an unknown broker", topic(f"bad-{version}", -1, -1, [[9]]))
        yield make("assignment with a broker twice", topic(f"bad-{version}", -1, -1, [[0, 0]]))
        yield make("empty assignment", topic(f"bad-{version}", -1, -1, [[]]))
        yield make("internal name", topic("__cluster_metadata"))
        if version >= 4:
            yield make("defaults", topic(f"defaults-{version}", -1, -1))
    yield "the topics of later cases", "CreateTopics", 7, {"timeoutMs": 10_000, "Topics": [
        topic("one"), topic("three", 3), topic("compact", cleanup_policy="compact"), topic("small", max_message_bytes="100"),
        topic("appended", message_timestamp_type="LogAppendTime"), topic("strict", min_insync_replicas="2"), topic("plain-zstd", compression_type="zstd")]}


def metadata(ids):
    for version in each("Metadata"):
        def ask(case, topics, **fields):
            if version >= 4:
                fields.setdefault("AllowAutoTopicCreation", False)
            return case, "Metadata", version, {"Topics": topics, **fields}
        yield ask("one topic", [{"Name": "one"}])
        yield ask("several", [{"Name": "three"}, {"Name": "compact"}])
        yield ask("twice the same", [{"Name": "one"}, {"Name": "one"}])
        yield ask("illegal name", [{"Name": "il legal"}])
        if version >= 1:
            yield ask("no topics", [])
        if version >= 4:
            yield ask("unknown", [{"Name": "unknown"}])
        if 8 <= version <= 10:
            yield ask("authorized operations", [{"Name": "one"}], IncludeClusterAuthorizedOperations=True, IncludeTopicAuthorizedOperations=True)
        if version >= 10:
            yield ask("by id", [{"TopicId": ids["one"], "Name": None}])
            yield ask("unknown id", [{"TopicId": UNKNOWN, "Name": None}])
            yield ask("neither name nor id", [{"TopicId": NONE, "Name": None}])
    yield "made by asking", "Metadata", 9, {"Topics": [{"Name": "asked-for"}], "AllowAutoTopicCreation": True}
    for limit, cursor in ((2, None), (100, None), (2, {"TopicName": "three", "PartitionIndex": 1}), (2, {"TopicName": "zzz", "PartitionIndex": 0})):
        fields = {"Topics": [{"Name": "three"}, {"Name": "one"}, {"Name": "unknown"}], "ResponsePartitionLimit": limit}
        cursor_fields = {} if cursor is None else {"Cursor": cursor}
        yield f"limit {limit}, cursor {cursor and cursor['TopicName']}", "DescribeTopicPartitions", 0, {**fields, **cursor_fields}
    yield "illegal name", "DescribeTopicPartitions", 0, {"Topics": [{"Name": "il legal"}], "ResponsePartitionLimit": 10}


def produce(version, ids, name, records, acks=-1, partition=0, transactional=None):
    place = {"TopicId": ids.get(name, UNKNOWN)} if version >= 13 else {"Name": name}
    return {"TransactionalId": transactional, "Acks": acks, "TimeoutMs": 5000, "TopicData": [
        {**place, "PartitionData": [{"Index": partition, "Records": records}]}]}


def producing(ids):
    ids = {**ids}
    for version in each("Produce"):
        def send(case, *arguments, **fields):
            return case, "Produce", version, produce(version, ids, *arguments, **fields)
        yield send("one record", "one", batch([b"a"]))
        yield send("several records, acks 1", "one", batch([b"a", b"b", b"c"]), acks=1)
        yield send("unknown topic", "unknown", batch([b"a"]))
        yield send("unknown partition", "one", batch([b"a"]), partition=7)
        yield send("negative partition", "one", batch([b"a"]), partition=-1)
        yield send("acks 2", "one", batch([b"a"]), acks=2)
        yield send("bad checksum", "one", batch([b"a"], crc=1))
        yield send("old magic", "one", batch([b"a"], magic=1))
        yield send("future magic", "one", batch([b"a"], magic=3))
        yield send("two batches", "one", batch([b"a"]) + batch([b"b"]))
        yield send("no batch", "one", b"")
        yield send("truncated", "one", batch([b"abc"])[:-2])
        yield send("a count that lies", "one", batch([b"a"], count=2))
        yield send("a negative count", "one", batch([b"a"], count=-1))
        yield send("a last offset that lies", "one", batch([b"a"], last_delta=5))
        yield send("unknown codec", "one", batch([b"a"], codec=5))
        yield send("not the codec that it says", "one", batch([b"a"], codec=1))
        yield send("control batch", "one", batch([b"a"], attributes=32))
        yield send("transactional batch without an id", "one", batch([b"a"], attributes=16, producer_id=5, epoch=0, sequence=0))
        yield send("null key on a compacted topic", "compact", batch([b"a"]))
        yield send("key on a compacted topic", "compact", batch([b"a"], key=b"k"))
        if version >= 7 and version < 13:
            yield send("too large for the topic", "small", batch([b"x" * 200]))
            yield send("time of the broker", "appended", batch([b"a"]))
            yield send("too few replicas, acks all", "strict", batch([b"a"]))
            yield send("too few replicas, acks 1", "strict", batch([b"a"]), acks=1)
            yield send("recompressed", "plain-zstd", batch([b"a" * 100]))
            yield send("a time of long ago", "one", batch([b"a"], time=0))
            yield send("no time", "one", batch([b"a"], time=-1))
            yield send("a time to come", "one", batch([b"a"], time=1 << 45))
        yield send("several topics, one unknown", "one", batch([b"a"]))
    for case, fields in (("first", {"sequence": 0}), ("again", {"sequence": 0}), ("next", {"sequence": 1}), ("with a gap", {"sequence": 9}),
                         ("an old epoch", {"sequence": 2, "epoch": -2})):
        fields = {"epoch": 0, "producer_id": 424_242, **fields}
        yield f"sequence: {case}", "Produce", 9, produce(9, ids, "three", batch([b"a"], **fields), partition=2)


def producer_ids():
    for version in each("InitProducerId"):
        yield "idempotent", "InitProducerId", version, {"TransactionalId": None, "TransactionTimeoutMs": 60_000}
        yield "empty transactional id", "InitProducerId", version, {"TransactionalId": "", "TransactionTimeoutMs": 60_000}


def listing_offsets():
    for version in each("ListOffsets"):
        def ask(case, timestamp, name="one", partition=0, **fields):
            row = {"PartitionIndex": partition, "Timestamp": timestamp}
            if version >= 4 and "epoch" in fields:
                row["CurrentLeaderEpoch"] = fields.pop("epoch")
            if version >= 10:
                fields["TimeoutMs"] = 5000
            return case, "ListOffsets", version, {"ReplicaId": -1, "Topics": [{"Name": name, "Partitions": [row]}], **fields}
        for timestamp in (-1, -2, -3, -4, -5, -6, -7, 0, 1_760_000_000_000, 1_900_000_000_000):
            yield ask(f"timestamp {timestamp}", timestamp)
        yield ask("unknown topic", -1, "unknown")
        yield ask("unknown partition", -1, partition=9)
        yield ask("empty partition, by time", 5, "three")
        yield ask("empty partition, largest", -3, "three")
        if version >= 2:
            yield ask("committed end", -1, IsolationLevel=1)
        if version >= 4:
            yield ask("an old epoch", -1, epoch=-1)
            yield ask("an epoch to come", -1, epoch=50)
    for version in each("OffsetForLeaderEpoch"):
        for epoch, current in ((0, -1), (0, 0), (5, -1), (0, 9)):
            for name in ("one", "unknown"):
                row = {"Partition": 0, "LeaderEpoch": epoch, "CurrentLeaderEpoch": current}
                fields = {"ReplicaId": -2} if version >= 3 else {}
                yield f"{name}, epoch {epoch}, current {current}", "OffsetForLeaderEpoch", version, {"Topics": [{"Topic": name, "Partitions": [row]}], **fields}


def fetching(ids):
    for version in each("Fetch"):
        def ask(case, offset, name="one", partition=0, epoch=-1, **fields):
            place = {"TopicId": ids.get(name, UNKNOWN)} if version >= 13 else {"Topic": name}
            row = {"Partition": partition, "FetchOffset": offset, "PartitionMaxBytes": 1 << 20}
            if version >= 9:
                row["CurrentLeaderEpoch"] = epoch
            return case, "Fetch", version, {"MaxWaitMs": 50, "MinBytes": 0, "MaxBytes": 1 << 20, "Topics": [{**place, "Partitions": [row]}], **fields}
        yield ask("from 0", 0)
        yield ask("from 3", 3)
        yield ask("committed", 0, IsolationLevel=1)
        yield ask("beyond the end", 1 << 40)
        yield ask("negative", -5)
        yield ask("unknown topic", 0, "unknown")
        yield ask("unknown partition", 0, partition=9)
        yield ask("empty partition", 0, "three")
        yield ask("nothing asked", 0, Topics=[])
        yield ask("one byte", 0, MaxBytes=1)
        if version >= 7:
            yield ask("a new session", 0, SessionEpoch=0)
            yield ask("an unknown session", 0, SessionId=77, SessionEpoch=5)
            yield ask("a session with a negative epoch", 0, SessionId=77, SessionEpoch=-7)
            yield ask("an epoch without a session", 0, SessionId=0, SessionEpoch=5)
        if version >= 9:
            yield ask("an epoch to come", 0, epoch=50)
            yield ask("the right epoch", 0, epoch=0)
        if version >= 11:
            yield ask("from another rack", 0, RackId="elsewhere")
        if version >= 12:
            yield ask("another cluster", 0, ClusterId="another")


TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32


def configurations():
    for version in each("DescribeConfigs"):
        def ask(case, kind, name, keys, **fields):
            row = {"ResourceType": kind, "ResourceName": name, "ConfigurationKeys": keys}
            return case, "DescribeConfigs", version, {"Resources": [row], "IncludeSynonyms": True, **fields}
        yield ask("a topic's", TOPIC, "compact", None)
        yield ask("one of a topic", TOPIC, "compact", ["cleanup.policy"])
        yield ask("an unknown one of a topic", TOPIC, "compact", ["no.such"])
        yield ask("an unknown topic's", TOPIC, "unknown", None)
        yield ask("an illegal topic's", TOPIC, "il legal", None)
        yield ask("some of the broker", BROKER, "0", ["node.id", "num.partitions", "log.retention.ms", "log.retention.hours", "compression.type", "background.threads"])
        yield ask("defaults of brokers", BROKER, "", None)
        yield ask("another broker's", BROKER, "7", None)
        yield ask("a broker that is no number", BROKER, "seven", None)
        yield ask("unknown metrics", METRICS, "nobody", None)
        yield ask("an unknown group's", GROUP, "nobody", ["consumer.session.timeout.ms"])
        yield ask("an unknown kind", 99, "x", None)
        if version >= 3:
            yield ask("with documentation", TOPIC, "one", ["segment.ms"], IncludeDocumentation=False)
    for version in each("IncrementalAlterConfigs"):
        def change(case, kind, name, *rows, **fields):
            configs = [{"Name": key, "ConfigOperation": how, "Value": value} for key, how, value in rows]
            return case, "IncrementalAlterConfigs", version, {"Resources": [{"ResourceType": kind, "ResourceName": name, "Configs": configs}], **fields}
        for kind, name, key, good in ((TOPIC, "one", "retention.ms", "500000000000"), (BROKER, "0", "log.retention.ms", "500000000000"),
                                      (BROKER, "", "log.retention.ms", "500000000000"), (GROUP, "g", "consumer.session.timeout.ms", "50000"),
                                      (METRICS, "m", "interval.ms", "50000")):
            yield change(f"set {kind} {name}", kind, name, (key, 0, good))
            yield change(f"bad value {kind} {name}", kind, name, (key, 0, "soon"))
            yield change(f"null value {kind} {name}", kind, name, (key, 0, None))
            yield change(f"unknown {kind} {name}", kind, name, ("no.such", 0, "1"))
            yield change(f"checked only {kind} {name}", kind, name, (key, 0, good), ValidateOnly=True)
            yield change(f"delete {kind} {name}", kind, name, (key, 1, None))
        yield change("append", TOPIC, "compact", ("cleanup.policy", 2, "delete"))
        yield change("append again", TOPIC, "compact", ("cleanup.policy", 2, "delete"))
        yield change("subtract", TOPIC, "compact", ("cleanup.policy", 3, "delete"))
        yield change("append to what is no list", TOPIC, "one", ("retention.ms", 2, "5"))
        yield change("unknown operation", TOPIC, "one", ("retention.ms", 9, "5"))
        yield change("the same twice", TOPIC, "one", ("retention.ms", 0, "500000000000"), ("retention.ms", 0, "600000000000"))
        yield change("nothing", TOPIC, "one")
        yield change("unknown topic", TOPIC, "unknown", ("retention.ms", 0, "5"))
        yield change("another broker", BROKER, "7", ("log.retention.ms", 0, "5"))
        yield change("read only", BROKER, "0", ("node.id", 0, "5"))
        yield change("a level", LOGGER, "0", ("kafka", 0, "DEBUG"))
        yield change("a level that is none", LOGGER, "0", ("kafka", 0, "LOUD"))
        yield change("unknown kind", 99, "x", ("a", 0, "5"))
    for version in each("AlterConfigs"):
        for case, kind, name, configs in (("replaces", TOPIC, "one", {"retention.ms": "700000000000"}), ("empties", TOPIC, "one", {}), ("bad value", TOPIC, "one", {"retention.ms": "x"}),
                                          ("unknown topic", TOPIC, "unknown", {}), ("unknown name", TOPIC, "one", {"no.such": "1"}), ("another broker", BROKER, "9", {})):
            rows = [{"Name": key, "Value": value} for key, value in configs.items()]
            yield case, "AlterConfigs", version, {"Resources": [{"ResourceType": kind, "ResourceName": name, "Configs": rows}]}
    yield "all", "ListConfigResources", 0, {}
    for kinds in ([], [TOPIC], [BROKER], [METRICS], [GROUP], [LOGGER], [99]):
        yield f"kinds {kinds}", "ListConfigResources", 1, {"ResourceTypes": kinds}


def partitions_and_records():
    for version in each("CreatePartitions"):
        def add(case, name, count, assignments=None, **fields):
            rows = None if assignments is None else [{"BrokerIds": nodes} for nodes in assignments]
            return case, "CreatePartitions", version, {"Topics": [{"Name": name, "Count": count, "Assignments": rows}], "TimeoutMs": 5000, **fields}
        name = f"made-{version + 2}"
        yield add("two more", name, 4)
        yield add("as many", name, 4)
        yield add("fewer", name, 1)
        yield add("unknown topic", "unknown", 4)
        yield add("checked only", name, 9, ValidateOnly=True)
        yield add("with assignment", name, 5, [[0]])
        yield add("with too small an assignment", name, 9, [[0]])
        yield add("to an unknown broker", name, 6, [[9]])
        yield add("zero", name, 0)
    for version in each("DeleteRecords"):
        for case, name, partition, offset in (("before 1", "one", 0, 1), ("before the start", "one", 0, 0), ("all", "three", 2, -1), ("beyond the end", "one", 0, 1 << 40),
                                              ("negative", "one", 0, -3), ("unknown topic", "unknown", 0, 1), ("unknown partition", "one", 8, 1),
                                              ("of a compacted topic", "compact", 0, 1)):
            yield case, "DeleteRecords", version, {"Topics": [{"Name": name, "Partitions": [{"PartitionIndex": partition, "Offset": offset}]}], "TimeoutMs": 5000}


def cluster_administration():
    for version in each("DescribeLogDirs"):
        yield "one topic", "DescribeLogDirs", version, {"Topics": [{"Topic": "one", "Partitions": [0]}]}
        yield "unknown topic", "DescribeLogDirs", version, {"Topics": [{"Topic": "unknown", "Partitions": [0]}]}
        yield "nothing", "DescribeLogDirs", version, {"Topics": []}
    for version in each("AlterReplicaLogDirs"):
        yield "unknown directory", "AlterReplicaLogDirs", version, {"Dirs": [{"Path": "/nowhere", "Topics": [{"Name": "one", "Partitions": [0]}]}]}
        yield "relative directory", "AlterReplicaLogDirs", version, {"Dirs": [{"Path": "nowhere", "Topics": [{"Name": "one", "Partitions": [0]}]}]}
    for version in each("ElectLeaders"):
        for kind in (0, 1, 5) if version else (0,):
            for name in ("one", "unknown"):
                rows = {"TopicPartitions": [{"Topic": name, "Partitions": [0]}], "TimeoutMs": 5000}
                yield f"kind {kind} of {name}", "ElectLeaders", version, {**rows, **({"ElectionType": kind} if version else {})}
    for version in each("AlterPartitionReassignments"):
        for case, name, partition, nodes in (("to the same", "one", 0, [0]), ("to an unknown broker", "one", 0, [9]), ("cancel", "one", 0, None),
                                             ("unknown topic", "unknown", 0, [0]), ("unknown partition", "one", 7, [0]), ("to none", "one", 0, []), ("twice the same", "one", 0, [0, 0])):
            yield case, "AlterPartitionReassignments", version, {"TimeoutMs": 5000, "Topics": [{"Name": name, "Partitions": [{"PartitionIndex": partition, "Replicas": nodes}]}]}
    yield "all", "ListPartitionReassignments", 0, {"TimeoutMs": 5000, "Topics": None}
    yield "one topic", "ListPartitionReassignments", 0, {"TimeoutMs": 5000, "Topics": [{"Name": "one", "PartitionIndexes": [0]}]}
    for version in each("DescribeQuorum"):
        yield "the metadata", "DescribeQuorum", version, {"Topics": [{"TopicName": "__cluster_metadata", "Partitions": [{"PartitionIndex": 0}]}]}
        yield "another topic", "DescribeQuorum", version, {"Topics": [{"TopicName": "one", "Partitions": [{"PartitionIndex": 0}]}]}
    for version in each("UpdateFeatures"):
        for case, name, level in (("unknown feature", "no.such", 1), ("too high", "metadata.version", 99), ("the same", "transaction.version", 2), ("negative", "transaction.version", -1)):
            row = {"Feature": name, "MaxVersionLevel": level}
            yield case, "UpdateFeatures", version, {"timeoutMs": 5000, "FeatureUpdates": [row]}
        yield "nothing", "UpdateFeatures", version, {"timeoutMs": 5000, "FeatureUpdates": []}
    yield "an unknown broker", "UnregisterBroker", 0, {"BrokerId": 77}


def deleting_topics(ids):
    for version in each("DeleteTopics"):
        def delete(case, *names):
            fields = {"Topics": [{"Name": name, "TopicId": NONE} for name in names]} if version >= 6 else {"TopicNames": list(names)}
            return case, "DeleteTopics", version, {**fields, "TimeoutMs": 5000}
        yield delete("one", f"good-{version + 1}")
        yield delete("unknown", "unknown")
        yield delete("twice in one request", f"assigned-{version + 1}", f"assigned-{version + 1}")
        yield delete("none")
    yield "by id", "DeleteTopics", 6, {"Topics": [{"Name": None, "TopicId": ids["three"]}], "TimeoutMs": 5000}
    yield "by an unknown id", "DeleteTopics", 6, {"Topics": [{"Name": None, "TopicId": UNKNOWN}], "TimeoutMs": 5000}
    yield "by name and id", "DeleteTopics", 6, {"Topics": [{"Name": "one", "TopicId": ids["one"]}], "TimeoutMs": 5000}
