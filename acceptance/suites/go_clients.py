"""Sarama and kafka-go: runs the program in ../go and reads its lines. Needs Go."""

from harness import cases, places, process, segments
from harness.broker import Broker

LOOKS_AT = "Go's Sarama and kafka-go: admin, producers with each codec, groups that share, leave and resume"
QUICK = False
PROPERTIES = {"group.initial.rebalance.delay.ms": "0"}


def run(context):
    program = places.HOME / "go" / "acceptance"
    code, said = process.run(["go", "build", "-o", program, "."], seconds=600, directory=places.ACCEPTANCE / "go")
    if code:
        return {"the program is built": process.last_line(said, "no output")}
    with Broker(context.kind, "go_clients", PROPERTIES) as broker:
        _, said = process.run([program, broker.address], seconds=900)
    outcomes = cases.of_lines(said)
    segments.check(broker.data, "go_clients")
    return outcomes or {"the program runs": process.last_line(said, "no output")}
