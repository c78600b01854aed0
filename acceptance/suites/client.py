"""Our own client: what it promises (crates/client/examples/behaviour), one line per case, with a broker that is killed and paused."""

import os
import re
import shlex
import subprocess

from harness import places
from harness.broker import Broker

LOOKS_AT = "our client: producer, transactions, administration, restarts of the broker, kill -9 that loses and doubles nothing"
QUICK = True

PROGRAM = places.ROOT / "target/debug/examples/behaviour"


def commands(broker, kills, quick):
    """How the program kills, starts, pauses and wakes the broker."""
    pid = f"$(cat {shlex.quote(str(broker.pid_file))})"
    settings = {
        "PORT": broker.port,
        "DATA": broker.home,
        "DIST": places.KAFKA_DIST,
        "JACKDAW": places.JACKDAW,
        "KEEP": 1,
    }
    environment = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in settings.items())
    script = shlex.quote(str(places.ACCEPTANCE / "broker.sh"))
    properties = " ".join(shlex.quote(line) for line in broker.properties)
    return {
        "BEHAVIOUR_KILL": f"kill -9 {pid}",
        "BEHAVIOUR_START": f"{environment} bash {script} up {broker.kind} one {properties}",
        "BEHAVIOUR_PAUSE": f"kill -STOP {pid}",
        "BEHAVIOUR_RESUME": f"kill -CONT {pid}",
        "BEHAVIOUR_KILLS": str(kills),
        **({} if quick else {"BEHAVIOUR_KCAT": "kcat", "BEHAVIOUR_CONSOLE": str(places.KAFKA_DIST / "bin/kafka-console-consumer.sh")}),
    }


def run(context):
    subprocess.run(["cargo", "build", "--quiet", "-p", "jackdaw-client", "--example", "behaviour"], check=True, cwd=places.ROOT)
    with Broker(context.kind, "client") as broker:
        # Apache Kafka takes many seconds to start again.
        kills = 1 if context.kind == "kafka" else 3 if context.quick else 12
        environment = dict(os.environ, **commands(broker, kills, context.quick))
        done = subprocess.run(
            [str(PROGRAM), "--brokers", broker.address],
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=1800,
        )
    results = {}
    for line in done.stdout.splitlines():
        if found := re.match(r"ok (.*) \(\d+ ms\)$", line):
            results[found[1]] = None
        elif found := re.match(r"FAILED (.*) \(\d+ ms\): (.*)$", line):
            results[found[1]] = found[2]
    if done.returncode and not any(results.values()):
        results["the program ends well"] = done.stdout.strip()[-300:]
    return results
