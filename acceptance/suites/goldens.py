"""Requests that other programs once sent, sent again: the answers decode with an independent codec, to the last byte."""

import re

from harness import places, process
from harness.broker import Broker

LOOKS_AT = "recorded request frames: answers decode, versions and correlation ids are right"
QUICK = True
FILE = "recorded-frames.jsonl"
FLAGS = []


def replay(context, name, file, flags):
    """Runs replay_goldens.py; a case is a frame, numbered where frames share a name."""
    with Broker(context.kind, name, {"group.initial.rebalance.delay.ms": "0"}) as broker:
        arguments = [places.PYTHON, places.ACCEPTANCE / "replay_goldens.py", places.GOLDEN / file, "-v", *flags]
        _, said = process.run(arguments, seconds=1200, environment={"BROKER": broker.address, "WAIT_S": "10"})
    outcomes = {}
    for line in said.splitlines():
        found = re.match(r"(ok  |FAIL) (\S+) +key (\d+) v(\d+):? ?(.*)", line)
        if found:
            verdict, frame, key, version, detail = found.groups()
            case = unique(outcomes, f"{key} v{version} {frame}")
            outcomes[case] = None if verdict == "ok  " else detail
    closing = process.last_line(said)
    if not re.match(r"\d+ passed, \d+ failed", closing):
        outcomes["the replay ends"] = closing
    return outcomes


def unique(outcomes, case):
    """The case, numbered if it is not the first of its name."""
    number, name = 1, case
    while name in outcomes:
        number += 1
        name = f"{case} #{number}"
    return name


def run(context):
    return replay(context, "goldens", FILE, FLAGS)
