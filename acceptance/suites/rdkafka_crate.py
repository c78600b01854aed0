"""The integration tests inside the crate rdkafka: a Rust program's view. They insist on port 9092 and node 0."""

import re

from harness import places, process, segments
from harness.broker import Broker

LOOKS_AT = "the crate rdkafka's integration tests: admin, consumers, producers, metadata, transactions"
QUICK = False


def run(context):
    work = places.HOME / "rdkafka-crate"
    for old in work.glob("test_*.log"):
        old.unlink()
    with Broker(context.kind, "rdkafka_crate", {"num.partitions": "3"}, port=9092) as broker:
        # A test that waits for ever holds one of the threads: there are more than tests in a file.
        variables = {"BROKER": broker.address, "WORK": str(work), "LIMIT_S": "200", "THREADS": "16"}
        script = places.ACCEPTANCE / "suites" / "rdkafka-crate.sh"
        _, said = process.run(["bash", script], seconds=3600, environment=variables)
    outcomes = {}
    for log in sorted(work.glob("test_*.log")):
        for test, verdict in re.findall(r"^test (\S+) \.\.\. (\w+)", log.read_text(errors="replace"), re.MULTILINE):
            if verdict != "ignored":
                outcomes[f"{log.stem}::{test}"] = None if verdict == "ok" else verdict
    segments.check(broker.data, "rdkafka_crate")
    return outcomes or {"the suite runs": process.last_line(said, "no output")}
