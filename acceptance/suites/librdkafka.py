"""librdkafka's own regression suite, the part that needs neither groups nor transactions."""

import csv
import os

from harness import places, process, segments
from harness.broker import Broker

LOOKS_AT = "librdkafka's regression suite: core, message timestamps, statistics"
QUICK = False
SETS = ["core", "0052", "0053"]


def distribution(context, name):
    """What the runner takes for a Kafka distribution (SHIM): beside Jackdaw the directory that `jackdaw links` makes, beside Apache Kafka a stand-in, as the
    tools of the real one need a second each."""
    if context.kind == "kafka":
        return places.ACCEPTANCE / "shim"
    links = places.HOME / "run" / name / "links"
    code, said = process.run([places.JACKDAW, "links", links])
    if code:
        raise RuntimeError(f"jackdaw links: {said}")
    return links


def run_sets(context, name, sets, environment=None):
    """Runs librdkafka.sh with these sets; a case is a row of its results that was not skipped."""
    work = places.HOME / "librdkafka"
    out = places.HOME / "run" / name / "results"
    for old in out.glob("*.row"):
        old.unlink()
    with Broker(context.kind, name) as broker:
        variables = {"BROKER": broker.address, "WORK": str(work), "OUT": str(out), "SHIM": str(distribution(context, name)),
                     "JOBS": os.environ.get("JOBS", "4"), "PATH": f"{places.PYTHON.parent}:{os.environ['PATH']}",
                     **(environment or {})}
        script = places.ACCEPTANCE / "suites" / "librdkafka.sh"
        _, said = process.run(["bash", script, *sets], seconds=3 * 3600, environment=variables)
    results = out / "results.tsv"
    if not results.exists():
        return {"the suite runs": process.last_line(said, "no output")}
    outcomes = {}
    for test, state, _, reason in csv.reader(results.open(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if state != "SKIPPED":
            outcomes[test] = None if state == "PASSED" else f"{state} {reason}"
    segments.check(broker.data, name)
    return outcomes


def run(context):
    return run_sets(context, "librdkafka", SETS)
