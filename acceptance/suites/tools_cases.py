"""What the tools are asked, as data: {case: [(tool, arguments, standard input or None, exit code)]}. `{t}` is a topic, `{g}` a group and `{f}` a
directory of the side that runs; both sides do the same things in the same order, each to its own. The broker's address is given by itself, unless the
arguments name a place: `{broker}`, `{controller}`, or `{nobody}`, where none listens."""

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
    "reassign-partitions": [
        ("reassign-partitions", "--list", None, 0), ("reassign-partitions", "--generate --topics-to-move-json-file {f}/move.json --broker-list 0", None, 0),
        ("reassign-partitions", "--execute --reassignment-json-file {f}/plan.json", None, 0),
        ("reassign-partitions", "--execute --additional --reassignment-json-file {f}/plan.json --throttle 100000 --replica-alter-log-dirs-throttle 5000", None, 0),
        ("configs", "--topic {t}-one --describe", None, 0), ("configs", "--broker 0 --describe", None, 0),
        ("reassign-partitions", "--verify --preserve-throttles --reassignment-json-file {f}/plan.json", None, 0),
        ("reassign-partitions", "--verify --reassignment-json-file {f}/plan.json", None, 0),
        ("configs", "--topic {t}-one --describe", None, 0), ("configs", "--broker 0 --describe", None, 0),
        ("reassign-partitions", "--cancel --preserve-throttles --reassignment-json-file {f}/plan.json", None, 0),
        ("reassign-partitions", "--execute --disallow-replication-factor-change --reassignment-json-file {f}/plan.json", None, 0),
        ("reassign-partitions", "--verify --reassignment-json-file {f}/directory.json", None, 0)],
    "reassign-partitions: bad ones": [
        ("reassign-partitions", "--execute --reassignment-json-file {f}/unknown-broker.json", None, 1),
        ("reassign-partitions", "--execute --reassignment-json-file {f}/unknown-topic.json", None, 1),
        ("reassign-partitions", "--verify --reassignment-json-file {f}/unknown-topic.json", None, 1),
        ("reassign-partitions", "--execute --reassignment-json-file {f}/twice.json", None, 1),
        ("reassign-partitions", "--execute --reassignment-json-file {f}/directory.json", None, 1),
        ("reassign-partitions", "--generate --topics-to-move-json-file {f}/move.json --broker-list 0,0", None, 1),
        ("reassign-partitions", "--generate --topics-to-move-json-file {f}/move.json --broker-list 5", None, 1),
        ("reassign-partitions", "--execute --reassignment-json-file {f}/none.json", None, 1)],
    "reassign-partitions: arguments": [
        ("reassign-partitions", "--list --execute", None, 1), ("reassign-partitions", "--execute", None, 1), ("reassign-partitions", "--bogus", None, 1),
        ("reassign-partitions", "--list --throttle 5", None, 1), ("reassign-partitions", "--list --bootstrap-controller {controller} --bootstrap-server {broker}", None, 1)],
    "verifiable-producer and -consumer": [
        ("topics", "--create --topic {t}-v --partitions 1", None, 0), ("verifiable-producer", "--topic {t}-v --max-messages 20 --value-prefix 7", None, 0),
        ("verifiable-producer", "--topic {t}-v --max-messages 5 --repeating-keys 2 --acks 1 --message-create-time 1700000000000", None, 0),
        ("verifiable-consumer", "--topic {t}-v --group-id {g}-v --max-messages 10 --verbose", None, 0),
        ("verifiable-consumer", "--topic {t}-v --group-id {g}-v --max-messages 15", None, 0),
        ("verifiable-consumer", "--topic {t}-v --group-id {g}-w --group-protocol consumer --max-messages 25", None, 0),
        ("verifiable-consumer", "--topic {t}-v --group-id {g}-x --enable-autocommit --max-messages 25 --session-timeout 20000 "
                                "--assignment-strategy org.apache.kafka.clients.consumer.RoundRobinAssignor", None, 0),
        ("consumer-groups", "--describe --group {g}-v", None, 0)],
    "verifiable-producer and -consumer: arguments": [
        ("verifiable-consumer", "--topic {t}-v", None, 1), ("verifiable-consumer", "--bogus", None, 1), ("verifiable-producer", "--bogus", None, 1),
        ("verifiable-producer", "", None, 1)],
    "producer-perf-test": [
        ("topics", "--create --topic {t}-perf --partitions 1", None, 0),
        ("producer-perf-test", "--topic {t}-perf --num-records 2000 --record-size 100 --throughput -1", None, 0),
        ("producer-perf-test", "--topic {t}-perf --num-records 500 --payload-monotonic --throughput 5000 --warmup-records 100 --command-property acks=1 linger.ms=2", None, 0),
        ("producer-perf-test", "--topic {t}-perf --num-records 200 --payload-file {f}/plan.json --throughput -1 --producer-props compression.type=lz4", None, 0)],
    "producer-perf-test: transactions": [
        ("producer-perf-test", "--topic {t}-perf --num-records 500 --record-size 10 --throughput 5000 --transactional-id {t} --transaction-duration-ms 20", None, 0),
        ("producer-perf-test", "--topic {t}-perf --num-records 100 --record-size 10 --throughput -1 --transaction-duration-ms 100", None, 0)],
    "producer-perf-test: arguments": [
        ("producer-perf-test", "--topic {t}-perf --num-records 10 --throughput -1", None, 1), ("producer-perf-test", "--bogus", None, 1),
        ("producer-perf-test", "--topic {t}-perf --num-records 10 --record-size 0 --throughput -1", None, 1),
        ("producer-perf-test", "--topic {t}-perf --num-records 10 --record-size 5 --throughput -1 --transaction-duration-ms 0", None, 1)],
    "consumer-perf-test": [
        ("consumer-perf-test", "--topic {t}-perf --num-records 2000 --group {g}-perf", None, 0),
        ("consumer-perf-test", "--include {t}-perf --messages 500 --timeout 20000 --hide-header", None, 0),
        ("consumer-perf-test", "--topic {t}-perf --num-records 1000000 --timeout 10000 --group {g}-perf2", None, 0)],
    "consumer-perf-test: arguments": [
        ("consumer-perf-test", "--num-records 5", None, 1), ("consumer-perf-test", "--topic a", None, 1), ("consumer-perf-test", "--topic a --include b --messages 1", None, 1),
        ("consumer-perf-test", "--bogus", None, 1)],
    "e2e-latency": [
        ("e2e-latency", "{broker} {t}-e2e 20 1 100", None, 0),
        ("e2e-latency", "--topic {t}-e2e --num-records 10 --producer-acks all --record-size 10 --record-key-size 4 --num-headers 2 --record-header-size 3 "
                        "--record-header-key-size 2", None, 0)],
    "e2e-latency: arguments": [
        ("e2e-latency", "{broker} {t}-e2e 20", None, 1), ("e2e-latency", "{broker} {t}-e2e 20 0 100", None, 1), ("e2e-latency", "--topic {t}-e2e", None, 1),
        ("e2e-latency", "--topic {t}-e2e --num-records 0 --producer-acks all --record-size 10", None, 1)],
    "transactions": [
        ("transactions", "list --transactional-id-pattern {t}", None, 0), ("transactions", "list --duration-filter 100000 --transactional-id-pattern {t}-none", None, 0), ("transactions", "describe --transactional-id {t}-none", None, 1),
        ("transactions", "find-hanging --topic {t}-one", None, 0), ("transactions", "find-hanging --broker-id 0 --max-transaction-timeout 1", None, 0),
        ("topics", "--create --topic {t}-tx --partitions 1", None, 0), ("transactions", "describe-producers --topic {t}-tx --partition 0", None, 0),
        ("transactions", "describe-producers --broker-id 0 --topic {t}-tx --partition 0", None, 0),
        ("transactions", "forceTerminateTransaction --transactionalId {t}-x", None, 0),
        ("transactions", "abort --topic {t}-one --partition 0 --start-offset 77", None, 1)],
    "transactions: arguments": [
        ("transactions", "find-hanging", None, 1), ("transactions", "find-hanging --broker-id 0 --partition 0", None, 1), ("transactions", "find-hanging --topic {t}-none", None, 1),
        ("transactions", "bogus", None, 1), ("transactions", "describe", None, 1)],
    "configs: SCRAM": [
        ("configs", "--user {t} --alter --add-config SCRAM-SHA-256=[iterations=4096,password=secret]", None, 0), ("configs", "--user {t} --describe", None, 0),
        ("configs", "--user {t} --alter --add-config SCRAM-SHA-512=[password=other]", None, 0), ("configs", "--user {t} --describe", None, 0),
        ("configs", "--user {t} --alter --delete-config SCRAM-SHA-256", None, 0), ("configs", "--user {t} --describe", None, 0),
        ("configs", "--user {t} --alter --delete-config SCRAM-SHA-256", None, 1)],
    "configs: bad SCRAM": [
        ("configs", "--user {t} --alter --add-config SCRAM-SHA-512=[iterations=4096]", None, 1),
        ("configs", "--user {t} --alter --add-config SCRAM-SHA-512=[iterations=10,password=x]", None, 1),
        ("configs", "--user-defaults --alter --add-config SCRAM-SHA-512=[password=x]", None, 1)],
    "configs: quotas": [
        ("configs", "--user {t} --alter --add-config producer_byte_rate=1048576,consumer_byte_rate=2097152", None, 0),
        ("configs", "--user {t} --describe", None, 0), ("configs", "--client {t} --alter --add-config request_percentage=200", None, 0),
        ("configs", "--client {t} --describe", None, 0), ("configs", "--user {t} --alter --delete-config producer_byte_rate", None, 0)],
    "controllers are asked": [
        ("metadata-quorum", "--bootstrap-controller {controller} describe --status", None, 0),
        ("metadata-quorum", "--bootstrap-controller {controller} describe --replication --human-readable", None, 0),
        ("features", "--bootstrap-controller {controller} describe", None, 0), ("features", "--bootstrap-controller {controller} downgrade --feature share.version=0 --dry-run", None, 0),
        ("cluster", "cluster-id --bootstrap-controller {controller}", None, 0), ("cluster", "list-endpoints --bootstrap-controller {controller}", None, 0),
        ("configs", "--bootstrap-controller {controller} --describe --broker 0", None, 0),
        ("configs", "--bootstrap-controller {controller} --broker 0 --alter --add-config log.retention.ms=7200000", None, 0),
        ("configs", "--bootstrap-controller {controller} --broker 0 --alter --delete-config log.retention.ms", None, 0)],
    "controllers are asked: reassignments": [("reassign-partitions", "--bootstrap-controller {controller} --list", None, 0)],
    "controllers are not brokers": [
        ("configs", "--bootstrap-controller {controller} --describe --topic {t}", None, 1), ("cluster", "list-endpoints --bootstrap-controller {broker}", None, 1),
        ("cluster", "list-endpoints --include-fenced-brokers --bootstrap-controller {controller}", None, 1),
        ("topics", "--bootstrap-server {controller} --list", None, 1)],
    "metadata-quorum: voters": [
        ("metadata-quorum", "--bootstrap-controller {controller} add-controller", None, 1),
        ("metadata-quorum", "--bootstrap-server {broker} --command-config {f}/voter.properties add-controller --dry-run", None, 1),
        ("storage", "format -t MkU3OEVBNTcwNTJENDM2Qk -s -c {f}/voter.properties", None, 0),
        ("metadata-quorum", "--bootstrap-server {broker} --command-config {f}/voter.properties add-controller --dry-run", None, 0),
        ("metadata-quorum", "--bootstrap-server {broker} --command-config {f}/voter.properties add-controller", None, 1),
        ("metadata-quorum", "remove-controller --controller-id 9 --controller-directory-id AAAAAAAAAAAAAAAAAAAAAQ --dry-run", None, 0),
        ("metadata-quorum", "remove-controller --controller-id 9 --controller-directory-id AAAAAAAAAAAAAAAAAAAAAQ", None, 1),
        ("metadata-quorum", "remove-controller --controller-id 9 --controller-directory-id bogus", None, 1)],
    "nobody listens": [
        ("topics", "--bootstrap-server {nobody} --command-config {f}/impatient.properties --list", None, 1),
        ("configs", "--bootstrap-server {nobody} --command-config {f}/impatient.properties --topic {t} --describe", None, 1),
        ("consumer-groups", "--bootstrap-server {nobody} --command-config {f}/impatient.properties --list", None, 0),
        ("groups", "--bootstrap-server {nobody} --command-config {f}/impatient.properties --list", None, 1),
        ("get-offsets", "--bootstrap-server {nobody} --command-config {f}/impatient.properties --topic {t}", None, 1),
        ("log-dirs", "--bootstrap-server {nobody} --command-config {f}/impatient.properties --describe", None, 1),
        ("features", "--bootstrap-server {nobody} --command-config {f}/impatient.properties describe", None, 1),
        ("metadata-quorum", "--bootstrap-controller {nobody} --command-config {f}/impatient.properties describe --status", None, 1),
        ("transactions", "--bootstrap-server {nobody} --command-config {f}/impatient.properties list", None, 1),
        ("reassign-partitions", "--bootstrap-server {nobody} --command-config {f}/impatient.properties --list", None, 1),
        ("client-metrics", "--bootstrap-server {nobody} --command-config {f}/impatient.properties --list", None, 1),
        ("cluster", "cluster-id --bootstrap-server {nobody} --command-config {f}/impatient.properties", None, 1)],
    "an unknown flag": [(tool, "--bogus-flag", None, 1) for tool in (
        "broker-api-versions", "client-metrics", "configs", "consumer-groups", "delete-records", "features", "get-offsets", "groups", "leader-election",
        "log-dirs", "metadata-quorum", "console-consumer", "dump-log", "storage")],
    "a topic that is not there": [
        ("get-offsets", "--topic {t}-none", None, 1), ("consumer-groups", "--reset-offsets --group {g}-new --topic {t}-none --to-earliest --dry-run", None, 0),
        ("log-dirs", "--describe --topic-list {t}-none", None, 0), ("console-consumer", "--topic {t}-none --timeout-ms 2000", None, 0),
        ("leader-election", "--election-type unclean --topic {t}-none --partition 0", None, 0)],
}
