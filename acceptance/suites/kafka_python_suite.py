"""kafka-python's own integration tests, for admin, producer and consumer."""

import re

from harness import places, process, segments
from harness.broker import Broker

LOOKS_AT = "kafka-python's own integration tests: admin, producer, consumer"
QUICK = False


def run(context):
    with Broker(context.kind, "kafka_python_suite") as broker:
        variables = {"BROKER": broker.address, "WORK": str(places.HOME / "kafka-python"), "PER_TEST_S": "60"}
        script = places.ACCEPTANCE / "suites" / "kafka-python.sh"
        _, said = process.run(["bash", script, "-rA"], seconds=3600, environment=variables)
    outcomes = {}
    for line in said.splitlines():
        found = re.match(r"(PASSED|FAILED|ERROR) test/integration/(\S+?\.py)::(\S+)(?: - (.*))?", line)
        if found:
            verdict, _, case, reason = found.groups()
            outcomes[case] = None if verdict == "PASSED" else f"{verdict} {reason or ''}".strip()
    segments.check(broker.data, "kafka_python_suite")
    return outcomes or {"the suite runs": process.last_line(said, "no output")}
