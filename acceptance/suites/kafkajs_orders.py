"""The example examples/kafkajs-orders, file by file as a user runs it: a Jackdaw without any configuration on localhost:9092.

It runs in a network of its own, so that the port is free; where the system allows none, on this machine's."""

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import cases, places, process  # noqa: E402

LOOKS_AT = "examples/kafkajs-orders: unchanged kafkajs, no configuration, a topic made by its first use"
QUICK = True
OURS = True

EXAMPLE = places.ROOT / "examples" / "kafkajs-orders"
HOME = places.HOME / "run" / "kafkajs_orders"


class Program:
    """A program in the background, and the lines it has written."""

    def __init__(self, *arguments, directory):
        environment = dict(os.environ, NODE_PATH=str(places.NODE_MODULES), KAFKAJS_NO_PARTITIONER_WARNING="1")
        self.process = subprocess.Popen([str(part) for part in arguments], cwd=directory, env=environment, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def until(self, pattern, count=1, seconds=60):
        """The next `count` lines that match; fails when the program ends or takes too long."""
        found, seen, deadline = [], [], time.monotonic() + seconds
        while len(found) < count:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"{len(found)} of {count} lines like /{pattern}/; it said: {' | '.join(seen[-5:])}"[:500])
            seen.append(line)
            if re.search(pattern, line):
                found.append(line)
        return found

    def stop(self, how=signal.SIGTERM):
        """Asks it to end, and waits."""
        self.process.send_signal(how)
        return self.process.wait(30)


def order_ids(lines):
    return sorted(int(re.search(r'"orderId":(\d+)', line)[1]) for line in lines)


def play():
    """The user's steps; yields (case, function)."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    server = Program(places.JACKDAW, directory=HOME)
    consumers = []

    def consumer():
        consumers.append(Program("node", "consumer.js", directory=EXAMPLE))
        return consumers[-1]

    def a_consumer_that_waits_for_a_new_topic():
        server.until("9092")
        first = consumer()
        first.until("Consumer has joined the group")
        assert process.run(["node", "producer.js"], environment={"NODE_PATH": str(places.NODE_MODULES)}, directory=EXAMPLE)[0] == 0
        assert order_ids(first.until(r"^orders\[", count=3)) == [101, 102, 103]
        assert first.stop() == 0

    def the_group_goes_on_where_it_stood():
        assert process.run(["node", "producer.js"], environment={"NODE_PATH": str(places.NODE_MODULES)}, directory=EXAMPLE)[0] == 0
        second = consumer()
        lines = second.until(r"^orders\[", count=3)
        assert order_ids(lines) == [101, 102, 103]
        assert second.stop() == 0
        rest = []
        while not second.lines.empty():
            rest.append(second.lines.get())
        assert not [line for line in rest if line and line.startswith("orders[")], f"read twice: {rest}"

    def another_group_state_after_a_restart():
        assert server.stop() == 0
        again = Program(places.JACKDAW, directory=HOME)
        again.until("9092")
        assert process.run(["node", "producer.js"], environment={"NODE_PATH": str(places.NODE_MODULES)}, directory=EXAMPLE)[0] == 0
        third = consumer()
        assert order_ids(third.until(r"^orders\[", count=3)) == [101, 102, 103]
        assert third.stop() == 0
        assert again.stop() == 0

    steps = [a_consumer_that_waits_for_a_new_topic, the_group_goes_on_where_it_stood, another_group_state_after_a_restart]
    try:
        for step in steps:
            try:
                step()
                print(f"ok {step.__name__.replace('_', ' ')}", flush=True)
            except Exception as error:  # noqa: BLE001 - each case has its own verdict
                print(f"not ok {step.__name__.replace('_', ' ')}: {type(error).__name__}: {error}".replace("\n", " "), flush=True)
    finally:
        for program in [*consumers, server]:
            if program.process.poll() is None:
                program.process.kill()


def run(context):
    """Plays the steps in a network of their own."""
    arguments = [sys.executable, __file__]
    own_network = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if process.run([*own_network, "true"])[0] == 0:
        arguments = [*own_network, *arguments]
    code, said = process.run(arguments, seconds=180)
    outcomes = cases.of_lines(said)
    return outcomes or {"the example runs": process.last_line(said, f"exit code {code}")}


if __name__ == "__main__":
    play()
