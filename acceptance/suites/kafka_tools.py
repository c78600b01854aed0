"""Kafka's own command lines, from its distribution: exit code and the shape of what they print, one tool per case."""

import re
import sys

from harness import cases, places, process, segments
from harness.broker import Broker

LOOKS_AT = "the tools of the Kafka distribution: exit codes and output"
QUICK = False
NEEDS_KAFKA = True


def tool(broker, name, *arguments, text=None, code=0, controller=False, connect="--bootstrap-server"):
    """Runs a tool against the broker; returns what it printed."""
    address = [connect, broker.address] if connect else []
    if controller:
        address = ["--bootstrap-controller", f"127.0.0.1:{broker.port + 1}"]
    done, said = process.run([places.KAFKA_DIST / "bin" / f"kafka-{name}.sh", *address, *arguments], seconds=90, text=text)
    cases.equal(done, code, f"exit code of kafka-{name}.sh; it said {said.strip()[-400:]}")
    return said


def topics(broker, *arguments, **options):
    return tool(broker, "topics", *arguments, **options)


def case_topics_create(broker):
    said = topics(broker, "--create", "--topic", "tools", "--partitions", "3", "--config", "retention.ms=86400000")
    cases.contains(said, "Created topic tools.")


def case_topics_create_twice(broker):
    cases.contains(topics(broker, "--create", "--topic", "tools", code=1), "Topic 'tools' already exists")
    topics(broker, "--create", "--topic", "tools", "--if-not-exists")


def case_topics_create_with_a_bad_name(broker):
    cases.contains(topics(broker, "--create", "--topic", "a b", code=1), "contains one or more characters other than")


def case_topics_create_with_assignment(broker):
    topics(broker, "--create", "--topic", "assigned", "--replica-assignment", "0,0")
    cases.contains(topics(broker, "--describe", "--topic", "assigned"), "PartitionCount: 2", "ReplicationFactor: 1")


def case_topics_list(broker):
    cases.equal({"tools", "assigned"} <= set(topics(broker, "--list").split()), True, "both are listed")


def case_topics_describe(broker):
    said = topics(broker, "--describe", "--topic", "tools")
    cases.contains(said, "Topic: tools\t", "TopicId: ", "PartitionCount: 3", "ReplicationFactor: 1", "retention.ms=86400000",
                   "Partition: 2\tLeader: 0\tReplicas: 0\tIsr: 0")


def case_topics_add_partitions(broker):
    topics(broker, "--alter", "--topic", "tools", "--partitions", "4")
    cases.contains(topics(broker, "--describe", "--topic", "tools"), "PartitionCount: 4")
    cases.contains(topics(broker, "--alter", "--topic", "tools", "--partitions", "2", code=1), "4")


def case_topics_delete(broker):
    topics(broker, "--delete", "--topic", "assigned")
    cases.contains(topics(broker, "--describe", "--topic", "nowhere", code=1), "does not exist")


def case_configs_of_a_topic(broker):
    place = ["--entity-type", "topics", "--entity-name", "tools"]
    tool(broker, "configs", *place, "--alter", "--add-config", "max.message.bytes=50000,cleanup.policy=[compact,delete]")
    said = tool(broker, "configs", *place, "--describe")
    cases.contains(said, "max.message.bytes=50000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:max.message.bytes=50000",
                   "DEFAULT_CONFIG:message.max.bytes=1048588}", "cleanup.policy=compact,delete")
    tool(broker, "configs", *place, "--alter", "--delete-config", "max.message.bytes,cleanup.policy")
    said = tool(broker, "configs", *place, "--describe")
    cases.equal("max.message.bytes" in said, False, "max.message.bytes is still set")


def case_configs_of_a_topic_all(broker):
    said = tool(broker, "configs", "--entity-type", "topics", "--entity-name", "tools", "--describe", "--all")
    cases.equal(len(re.findall(r"^  [a-z.]+=", said, re.MULTILINE)) >= 30, True, "at least 30 configurations")
    cases.contains(said, "segment.bytes=1073741824 sensitive=false", "retention.ms=86400000")


def case_configs_with_a_bad_value(broker):
    place = ["--entity-type", "topics", "--entity-name", "tools"]
    said = tool(broker, "configs", *place, "--alter", "--add-config", "retention.ms=soon", code=1)
    cases.contains(said, "Invalid value soon for configuration retention.ms")
    tool(broker, "configs", *place, "--alter", "--add-config", "no.such.thing=1", code=1)


def case_configs_of_a_broker(broker):
    place = ["--entity-type", "brokers", "--entity-name", "0"]
    tool(broker, "configs", *place, "--alter", "--add-config", "log.retention.ms=7200000")
    cases.contains(tool(broker, "configs", *place, "--describe"), "log.retention.ms=7200000", "DYNAMIC_BROKER_CONFIG")
    cases.contains(tool(broker, "configs", *place, "--describe", "--all"), "node.id=0", "STATIC_BROKER_CONFIG:node.id=0")
    tool(broker, "configs", *place, "--alter", "--delete-config", "log.retention.ms")


def case_configs_of_all_brokers(broker):
    place = ["--entity-type", "brokers", "--entity-default"]
    tool(broker, "configs", *place, "--alter", "--add-config", "log.cleaner.threads=2")
    cases.contains(tool(broker, "configs", *place, "--describe"), "log.cleaner.threads=2", "DYNAMIC_DEFAULT_BROKER_CONFIG")
    tool(broker, "configs", *place, "--alter", "--delete-config", "log.cleaner.threads")


def case_configs_of_loggers(broker):
    place = ["--entity-type", "broker-loggers", "--entity-name", "0"]
    cases.contains(tool(broker, "configs", *place, "--describe"), "=INFO")


def case_configs_of_client_metrics(broker):
    place = ["--entity-type", "client-metrics", "--entity-name", "some"]
    tool(broker, "configs", *place, "--alter", "--add-config", "interval.ms=60000")
    cases.contains(tool(broker, "configs", *place, "--describe"), "interval.ms=60000")


def case_configs_of_groups(broker):
    place = ["--entity-type", "groups", "--entity-name", "readers"]
    tool(broker, "configs", *place, "--alter", "--add-config", "consumer.session.timeout.ms=50000")
    cases.contains(tool(broker, "configs", *place, "--describe"), "consumer.session.timeout.ms=50000")


def case_console_producer(broker):
    tool(broker, "console-producer", "--topic", "console", "--reader-property", "parse.key=true",
         "--reader-property", "key.separator=:", "--compression-codec", "lz4", text="".join(f"k{i}:value {i}\n" for i in range(50)))
    said = tool(broker, "get-offsets", "--topic", "console")
    cases.equal(sum(int(line.rsplit(":", 1)[1]) for line in said.split()), 50, "records")


def case_console_consumer_of_a_partition(broker):
    tool(broker, "console-producer", "--topic", "single", text="a\nb\nc\n")
    found = [line for line in tool(broker, "get-offsets", "--topic", "single").split() if not line.endswith(":0")]
    partition = found[0].split(":")[1]
    said = tool(broker, "console-consumer", "--topic", "single", "--partition", partition, "--offset", "earliest",
                "--max-messages", "3", "--timeout-ms", "20000")
    cases.contains(said, "a\nb\nc\n", "Processed a total of 3 messages")


def case_get_offsets(broker):
    cases.equal(sorted(tool(broker, "get-offsets", "--topic", "tools").split()), [f"tools:{i}:0" for i in range(4)], "latest")
    said = tool(broker, "get-offsets", "--topic", "console", "--time", "earliest")
    cases.equal(sorted(said.split()), [f"console:{i}:0" for i in range(4)], "earliest")
    tool(broker, "get-offsets", "--topic", "console", "--time", "max-timestamp")
    tool(broker, "get-offsets", "--topic", "console", "--time", "1700000000000")


def case_producer_perf_test(broker):
    said = tool(broker, "producer-perf-test", "--topic", "perf", "--num-records", "20000", "--record-size", "200", "--throughput",
                "-1", "--producer-props", f"bootstrap.servers={broker.address}", connect=None)
    cases.contains(said, "20000 records sent")


def case_delete_records(broker):
    end = max((line.split(":") for line in tool(broker, "get-offsets", "--topic", "perf").split()), key=lambda row: int(row[2]))
    file = places.HOME / "run" / "delete-records.json"
    file.write_text('{"partitions": [{"topic": "perf", "partition": %s, "offset": 10}], "version": 1}' % end[1])
    said = tool(broker, "delete-records", "--offset-json-file", file)
    cases.contains(said, f"partition: perf-{end[1]}\tlow_watermark: 10")
    said = tool(broker, "get-offsets", "--topic", "perf", "--time", "earliest")
    cases.contains(said, f"perf:{end[1]}:10")


def case_log_dirs(broker):
    said = tool(broker, "log-dirs", "--describe", "--topic-list", "perf")
    cases.contains(said, '"broker":0', '"error":null', '"partition":"perf-', str(broker.data))


def case_broker_api_versions(broker):
    said = tool(broker, "broker-api-versions")
    cases.contains(said, f"{broker.address} (id: 0 rack: RACK0 isFenced: false) -> (", "Produce(0): 0 to 13 [usable: 13]",
                   "Fetch(1): 4 to 18 [usable: 18]", "ApiVersions(18): 0 to 4 [usable: 4]")


def case_cluster_id(broker):
    cases.contains(tool(broker, "cluster", "cluster-id", "--bootstrap-server", broker.address, connect=None), "Cluster ID: MkU3OEVBNTcwNTJENDM2Qk")


def case_cluster_endpoints(broker):
    said = tool(broker, "cluster", "list-endpoints", "--bootstrap-server", broker.address, connect=None)
    cases.contains(said, "ID", "HOST", "PORT", "RACK", str(broker.port), "RACK0")


def case_features_describe(broker):
    said = tool(broker, "features", "describe")
    cases.contains(said, "Feature: metadata.version", "SupportedMaxVersion: 4.3-IV0", "FinalizedVersionLevel: 4.3-IV0",
                   "Feature: transaction.version", "Feature: group.version")


def case_features_change_on_trial(broker):
    said = tool(broker, "features", "downgrade", "--feature", "share.version=0", "--dry-run")
    cases.contains(said, "share.version")


def case_metadata_quorum_status(broker):
    said = tool(broker, "metadata-quorum", "describe", "--status")
    cases.equal(re.search(r"LeaderId: +(\d+)", said).group(1), "0", "leader")
    cases.contains(said, "ClusterId:", "LeaderEpoch:", "HighWatermark:", "CurrentVoters:")


def case_metadata_quorum_replication(broker):
    said = tool(broker, "metadata-quorum", "describe", "--replication")
    cases.contains(said, "NodeId", "LogEndOffset", "Leader")


def case_metadata_quorum_through_the_controller(broker):
    said = tool(broker, "metadata-quorum", "describe", "--status", controller=True)
    cases.equal(re.search(r"LeaderId: +(\d+)", said).group(1), "0", "leader")


def case_configs_through_the_controller(broker):
    place = ["--entity-type", "brokers", "--entity-name", "0"]
    cases.contains(tool(broker, "configs", *place, "--describe", "--all", controller=True), "node.id=0")


def case_features_through_the_controller(broker):
    cases.contains(tool(broker, "features", "describe", controller=True), "Feature: metadata.version")


def case_leader_election(broker):
    said = tool(broker, "leader-election", "--election-type", "preferred", "--topic", "tools", "--partition", "0")
    cases.contains(said, "tools-0")


def case_reassign_partitions_list(broker):
    cases.contains(tool(broker, "reassign-partitions", "--list"), "No partition reassignments found.")


def case_console_consumer_in_a_group(broker):
    said = tool(broker, "console-consumer", "--topic", "single", "--group", "tools-group", "--from-beginning",
                "--max-messages", "3", "--timeout-ms", "30000")
    cases.contains(said, "Processed a total of 3 messages")


def case_consumer_groups(broker):
    said = tool(broker, "consumer-groups", "--describe", "--group", "tools-group")
    cases.contains(said, "tools-group", "single", "CURRENT-OFFSET")


def case_verifiable_producer(broker):
    said = tool(broker, "verifiable-producer", "--topic", "verified", "--max-messages", "200")
    cases.contains(said, '"name":"tool_data"', '"acked":200')


def case_dump_log(broker):
    logs = sorted(broker.data.glob("single-*/00000000000000000000.log"))
    log = max(logs, key=lambda path: path.stat().st_size)
    done, said = process.run([places.KAFKA_DIST / "bin" / "kafka-dump-log.sh", "--print-data-log", "--files", log], seconds=60)
    # A tail of zeros ends with 'record size 0' and exit code 1; with Kafka's own files, too.
    cases.equal(done == 0 or "record size 0" in said, True, f"exit code {done}: {said[-300:]}")
    cases.contains(said, "payload: a", "payload: c", "isvalid: true")


def case_dump_log_of_the_metadata(broker):
    log = broker.data / "__cluster_metadata-0" / "00000000000000000000.log"
    arguments = ["--cluster-metadata-decoder", "--files", log]
    done, said = process.run([places.KAFKA_DIST / "bin" / "kafka-dump-log.sh", *arguments], seconds=60)
    cases.equal(done == 0 or "record size 0" in said, True, f"exit code {done}: {said[-300:]}")
    cases.contains(said, '"type":"TOPIC_RECORD"', '"type":"PARTITION_RECORD"', '"type":"REGISTER_BROKER_RECORD"')


def run(context):
    with Broker(context.kind, "kafka_tools") as broker:
        outcomes = cases.collect(cases.named(sys.modules[__name__]), broker)
    segments.check(broker.data, "kafka_tools")
    return outcomes
