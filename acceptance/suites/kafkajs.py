"""kafkajs, the client of the user's own example program: runs kafkajs.js and reads its lines."""

from harness import cases, places, process, segments
from harness.broker import Broker

LOOKS_AT = "kafkajs: admin, producer, gzip, idempotence; a consumer in a group"
QUICK = True


def run(context):
    with Broker(context.kind, "kafkajs") as broker:
        program = places.ACCEPTANCE / "suites" / "kafkajs.js"
        _, said = process.run(["node", program, broker.address, places.NODE_MODULES], seconds=180)
    outcomes = cases.of_lines(said)
    segments.check(broker.data, "kafkajs")
    return outcomes or {"kafkajs runs": process.last_line(said, "no output")}
