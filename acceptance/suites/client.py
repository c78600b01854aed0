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
# One that was built before, so that a long run does not depend on what is being changed meanwhile.
BUILT = os.environ.get("BEHAVIOUR")


def commands(broker, kills, quick):
    """How the program kills, starts, pauses and wakes the broker that it names in $NODE."""
    home = shlex.quote(str(broker.home / broker.kind))
    pid = f"$(cat {home}/node$NODE.pid)"
    settings = {"DATA": broker.home, "DIST": places.KAFKA_DIST, "JACKDAW": places.JACKDAW}
    environment = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in settings.items())
    script = shlex.quote(str(places.ACCEPTANCE / "broker.sh"))
    return {
        "BEHAVIOUR_KILL": f"kill -9 {pid}",
        "BEHAVIOUR_START": f"{environment} bash {script} again {broker.kind} $NODE",
        "BEHAVIOUR_PAUSE": f"kill -STOP {pid}",
        "BEHAVIOUR_RESUME": f"kill -CONT {pid}",
        "BEHAVIOUR_KILLS": str(kills),
        **({} if quick else {"BEHAVIOUR_EXAMPLES": "1", "BEHAVIOUR_KCAT": "kcat", "BEHAVIOUR_CONSOLE": str(places.KAFKA_DIST / "bin/kafka-console-consumer.sh")}),
    }


def behaviour(broker, context, kills):
    """What each case came to on these brokers."""
    if not BUILT:
        # The examples beside it are tried, too.
        only = ["--example", "behaviour"] if context.quick else ["--examples"]
        subprocess.run(["cargo", "build", "--quiet", "-p", "jackdaw-client", *only], check=True, cwd=places.ROOT)
    done = subprocess.run(
        [BUILT or str(PROGRAM), "--brokers", broker.address],
        env=dict(os.environ, **commands(broker, kills, context.quick)),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=2400,
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


def run(context):
    with Broker(context.kind, "client") as broker:
        # Apache Kafka takes seconds to start again.
        return behaviour(broker, context, kills=3 if context.kind == "kafka" or context.quick else 12)
