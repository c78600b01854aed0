"""What the tools are asked, as data: {case: [(tool, arguments, standard input or None, exit code)]}. `{t}` is a topic, `{g}` a group and `{f}` a
directory of the side that runs; both sides do the same things in the same order, each to its own."""

CASES = {
    "topics: create": [("topics", "--create --topic {t} --partitions 3 --config retention.ms=86400000", None, 0)],
    "topics: create twice": [("topics", "--create --topic {t}", None, 1), ("topics", "--create --topic {t} --if-not-exists", None, 0)],
    "topics: bad names and values": [
        ("topics", "--create --topic {t}~x", None, 1), ("topics", "--create --topic {t}-a --partitions 0", None, 1),
        ("topics", "--create --topic {t}-a --replication-factor 3", None, 1), ("topics", "--create --topic {t}-a --config bogus=1", None, 1),
        ("topics", "--create --topic {t}-a --replica-assignment 0:0", None, 1)],
    "topics: create with an assignment": [("topics", "--create --topic {t}-b --replica-assignment 0,0", None, 0), ("topics", "--describe --topic {t}-b", None, 0)],
    "topics: list": [("topics", "--list --topic {t}.*", None, 0)],
    "topics: describe": [
        ("topics", "--describe --topic {t}", None, 0), ("topics", "--describe --topic {t}.* --unavailable-partitions", None, 0),
        ("topics", "--describe --topic {t} --topics-with-overrides", None, 0), ("topics", "--describe --topic {t} --under-replicated-partitions", None, 0)],
    "topics: describe nothing": [("topics", "--describe --topic {t}-none", None, 1), ("topics", "--describe --topic {t}-none --if-exists", None, 0)],
    "topics: alter": [("topics", "--alter --topic {t} --partitions 4", None, 0), ("topics", "--alter --topic {t} --partitions 2", None, 1),
                      ("topics", "--alter --topic {t}-none --partitions 2", None, 1)],
    "topics: delete": [("topics", "--delete --topic {t}-b", None, 0), ("topics", "--delete --topic {t}-b", None, 1),
                       ("topics", "--delete --topic {t}-b --if-exists", None, 0)],
    "topics: arguments": [("topics", "--list --create --topic x", None, 1), ("topics", "--create", None, 1), ("topics", "--bogus", None, 1),
                          ("topics", "--alter --topic {t} --config a=b", None, 1)],
    "configs: of a topic": [
        ("configs", "--topic {t} --alter --add-config max.message.bytes=50000,cleanup.policy=[compact,delete]", None, 0),
        ("configs", "--entity-type topics --entity-name {t} --describe", None, 0), ("configs", "--topic {t} --describe --all", None, 0),
        ("configs", "--topic {t} --alter --delete-config max.message.bytes,cleanup.policy", None, 0), ("configs", "--topic {t} --describe", None, 0)],
    "configs: bad ones": [
        ("configs", "--topic {t} --alter --add-config retention.ms=soon", None, 1), ("configs", "--topic {t} --alter --add-config no.such=1", None, 1),
        ("configs", "--topic {t}-none --alter --add-config retention.ms=1", None, 1), ("configs", "--topic {t} --alter --add-config a", None, 1),
        ("configs", "--topic {t} --alter", None, 1), ("configs", "--entity-type bogus --describe", None, 1), ("configs", "--describe", None, 1)],
    "configs: of nothing": [("configs", "--topic {t}-none --describe", None, 0), ("configs", "--broker 9 --describe", None, 0)],
    "configs: of brokers": [
        ("configs", "--broker 0 --alter --add-config log.retention.ms=7200000", None, 0), ("configs", "--broker 0 --describe", None, 0),
        ("configs", "--broker 0 --alter --delete-config log.retention.ms", None, 0),
        ("configs", "--broker-defaults --alter --add-config log.cleaner.threads=2", None, 0), ("configs", "--broker-defaults --describe", None, 0),
        ("configs", "--broker-defaults --alter --delete-config log.cleaner.threads", None, 0)],
    "configs: of groups and client metrics": [
        ("configs", "--group {g} --alter --add-config consumer.session.timeout.ms=50000", None, 0), ("configs", "--group {g} --describe", None, 0),
        ("configs", "--client-metrics {t} --alter --add-config interval.ms=60000", None, 0), ("configs", "--client-metrics {t} --describe", None, 0)],
    "console-producer": [
        ("console-producer", "--topic {t}-p", "a\nb\n", 0),
        ("console-producer", "--topic {t}-p --reader-property parse.key=true --reader-property key.separator=: --reader-property null.marker=NIL", "k:v\nl:NIL\nNIL:w\n", 0),
        ("console-producer", "--topic {t}-p --sync --compression-codec gzip --request-required-acks 1", "c\n", 0),
        ("console-producer", "--topic {t}-p --reader-property parse.headers=true --command-property linger.ms=5", "h:1,i:2\tx\n", 0)],
    "console-producer: bad lines and arguments": [
        ("console-producer", "--topic {t}-p --reader-property parse.key=true", "nokey\n", 1), ("console-producer", "--bogus", "", 1)],
    "console-consumer": [
        ("console-consumer", "--topic {t}-p --from-beginning --max-messages 7 --timeout-ms 20000", None, 0),
        ("console-consumer", "--topic {t}-p --from-beginning --max-messages 7 --timeout-ms 20000 --formatter-property print.key=true "
                             "--formatter-property print.headers=true --formatter-property null.literal=NIL --formatter-property key.separator=|", None, 0),
        ("console-consumer", "--topic {t} --timeout-ms 2000", None, 0)],
    "console-consumer: a partition": [
        ("topics", "--create --topic {t}-one --partitions 1", None, 0), ("console-producer", "--topic {t}-one", "a\nb\nc\n", 0), ("console-consumer", "--topic {t}-one --partition 0 --offset 1 --max-messages 1 --formatter-property print.offset=true "
                                                                  "--formatter-property print.partition=true", None, 0),
        ("console-consumer", "--topic {t}-one --partition 0 --offset earliest --max-messages 1", None, 0),
        ("console-consumer", "--topic {t}-one --offset 0", None, 1), ("console-consumer", "--topic a --include b", None, 1),
        ("console-consumer", "--topic a --partition 0 --offset bogus", None, 1)],
    "console-consumer: in a group": [
        ("console-consumer", "--topic {t}-one --group {g} --from-beginning --max-messages 2 --timeout-ms 30000", None, 0),
        ("console-consumer", "--topic {t}-one --group {g} --max-messages 1 --timeout-ms 30000", None, 0)],
    "consumer-groups: list and describe": [
        ("consumer-groups", "--describe --group {g}", None, 0), ("consumer-groups", "--describe --group {g} --verbose", None, 0),
        ("consumer-groups", "--describe --group {g} --members", None, 0), ("consumer-groups", "--describe --group {g} --state", None, 0),
        ("consumer-groups", "--describe --group {g} --state --verbose", None, 0), ("consumer-groups", "--describe --group {g}-none", None, 0)],
    "consumer-groups: reset": [
        ("consumer-groups", "--reset-offsets --group {g} --topic {t}-one --to-earliest --dry-run", None, 0),
        ("consumer-groups", "--reset-offsets --group {g} --topic {t}-one:0 --to-offset 2 --execute", None, 0),
        ("consumer-groups", "--reset-offsets --group {g} --topic {t}-one --shift-by -1 --dry-run", None, 0),
        ("consumer-groups", "--reset-offsets --group {g} --all-topics --to-latest --export --dry-run", None, 0),
        ("consumer-groups", "--reset-offsets --group {g} --topic {t}-one --to-datetime 2020-01-01T00:00:00.000 --dry-run", None, 0),
        ("consumer-groups", "--reset-offsets --group {g} --topic {t}-one --by-duration PT1H --dry-run", None, 0),
        ("consumer-groups", "--reset-offsets --group {g} --topic {t}-one --to-current --dry-run", None, 0),
        ("consumer-groups", "--reset-offsets --group {g} --topic {t}-one --to-offset 99 --dry-run", None, 0),
        ("consumer-groups", "--reset-offsets --group {g}-new --topic {t}-one --to-earliest --execute", None, 0)],
    "consumer-groups: arguments": [
        ("consumer-groups", "--describe", None, 1), ("consumer-groups", "--reset-offsets --group {g} --topic {t}", None, 1),
        ("consumer-groups", "--reset-offsets --group {g} --to-earliest", None, 1), ("consumer-groups", "--list --state bogus", None, 1)],
    "consumer-groups: delete": [
        ("consumer-groups", "--delete-offsets --group {g} --topic {t}-one", None, 0), ("consumer-groups", "--delete --group {g}", None, 0),
        ("consumer-groups", "--delete --group {g}", None, 0)],
    "get-offsets": [
        ("get-offsets", "--topic {t}-one", None, 0), ("get-offsets", "--topic {t}-one --time earliest", None, 0),
        ("get-offsets", "--topic-partitions {t}:0-2,{t}-one", None, 0), ("get-offsets", "--topic {t} --partitions 0,2 --time 1700000000000", None, 0),
        ("get-offsets", "--topic {t}-none", None, 1), ("get-offsets", "--topic {t} --time bogus", None, 1), ("get-offsets", "--topic {t} --topic-partitions a", None, 1)],
    "delete-records": [("delete-records", "--offset-json-file {f}/delete.json", None, 0), ("get-offsets", "--topic {t}-one --time earliest", None, 0),
                       ("delete-records", "--offset-json-file {f}/none.json", None, 1)],
    "log-dirs": [("log-dirs", "--describe --topic-list {t}-one", None, 0), ("log-dirs", "--describe --broker-list 0,7", None, 1), ("log-dirs", "--topic-list a", None, 1)],
    "broker-api-versions": [("broker-api-versions", "", None, 0)],
    "cluster": [("cluster", "cluster-id", None, 0), ("cluster", "list-endpoints", None, 0), ("cluster", "unregister --id 9", None, 1)],
    "features": [
        ("features", "describe", None, 0), ("features", "downgrade --feature share.version=0 --dry-run", None, 0), ("features", "upgrade --feature bogus=1", None, 1),
        ("features", "upgrade --feature bogus", None, 1), ("features", "version-mapping --release-version 4.0", None, 0),
        ("features", "feature-dependencies --feature eligible.leader.replicas.version=1", None, 0)],
    "metadata-quorum": [("metadata-quorum", "describe --status", None, 0), ("metadata-quorum", "describe --replication", None, 0), ("metadata-quorum", "describe", None, 1)],
    "client-metrics": [
        ("client-metrics", "--alter --name {t} --interval 5000 --metrics a.,b. --match client_id=x", None, 0), ("client-metrics", "--describe --name {t}", None, 0),
        ("client-metrics", "--delete --name {t}", None, 0), ("client-metrics", "--describe --name {t}-none", None, 0), ("client-metrics", "--alter", None, 1)],
    "leader-election": [
        ("leader-election", "--election-type preferred --topic {t} --partition 0", None, 0),
        ("leader-election", "--election-type preferred --topic {t}-none --partition 0", None, 1), ("leader-election", "--election-type preferred", None, 1)],
    "groups": [("groups", "--list --group-type streams", None, 0), ("groups", "", None, 1)],
    "storage": [
        ("storage", "random-uuid", None, 0), ("storage", "version-mapping", None, 0), ("storage", "feature-dependencies --feature transaction.version=2", None, 0),
        ("storage", "info -c {f}/node.properties", None, 1), ("storage", "format -t MkU3OEVBNTcwNTJENDM2Qk -s -c {f}/node.properties", None, 0),
        ("storage", "info -c {f}/node.properties", None, 0), ("storage", "format -t MkU3OEVBNTcwNTJENDM2Qk -s -c {f}/node.properties", None, 1),
        ("storage", "format -g -t MkU3OEVBNTcwNTJENDM2Qk -s -c {f}/node.properties", None, 0)],
}
