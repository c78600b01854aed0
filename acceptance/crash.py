#!/usr/bin/env python3
"""Kills the broker with kill -9 at random moments under a mixed load, and shows that nothing acknowledged is lost.

usage: python3 acceptance/crash.py [--kills 200] [--seed N] [--quick] [--kafka]

Producers of every codec, with acks 1 and all, idempotent and not, run over all kills; a reader remembers what it saw at each
offset. At the end all is read once more. Required: 0 acknowledged records lost, 0 at another offset than acknowledged, 0
duplicates or reorderings from idempotent producers, 0 offsets whose content changed, every recovery within a second. With
--kafka the last kill is followed by Apache Kafka on a copy of the directory, of which the same is required."""

import argparse
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import places, segments  # noqa: E402
from harness.broker import Broker  # noqa: E402

RECOVERY_S_MAX = 1.0
# ApiVersions, version 0, correlation id 1, no client id.
PROBE = struct.pack(">ihhih", 10, 18, 0, 1, -1)


def answers(port):
    """Whether the broker answers ApiVersions now."""
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5) as connection:
            connection.settimeout(0.5)
            connection.sendall(PROBE)
            return len(connection.recv(8)) == 8
    except OSError:
        return False


class Victim:
    """The broker that is killed: started directly, so that a restart is timed to the millisecond."""

    def __init__(self, name):
        self.broker = Broker("jackdaw", name, {"log.segment.bytes": "8388608", "log.index.interval.bytes": "4096",
                                               "log.retention.ms": "-1"})
        self.broker.remove()
        self.broker.start().stop()  # writes the properties file
        self.properties = self.broker.home / "jackdaw" / "node0.properties"
        self.output = open(self.broker.home / "jackdaw" / "victim.log", "ab")
        self.process = None

    def start(self):
        """Starts it without waiting."""
        command = [str(places.JACKDAW), "server", str(self.properties)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT)

    def wait_until_it_serves(self):
        """Seconds from now until it has said that it serves, and answers."""
        start = time.monotonic()
        log = Path(self.output.name)
        size = log.stat().st_size
        while time.monotonic() - start < 30:
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended with {self.process.returncode}: {log.read_text(errors='replace')[-500:]}")
            if answers(self.broker.port) and b"Kafka Server started" in self.tail(log, size):
                return time.monotonic() - start
            time.sleep(0.002)
        raise RuntimeError(f"it does not serve after 30 s: {log.read_text(errors='replace')[-500:]}")

    @staticmethod
    def tail(log, position):
        with open(log, "rb") as file:
            file.seek(position)
            return file.read()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """A clean stop; returns the exit code."""
        self.process.terminate()
        return self.process.wait(60)


def read_all(address, topic):
    """[(offset, number)] of a topic's only partition, from its beginning to its end."""
    from confluent_kafka import Consumer, TopicPartition
    consumer = Consumer({"bootstrap.servers": address, "group.id": "none", "enable.auto.commit": False})
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), 20)
    consumer.assign([TopicPartition(topic, 0, 0)])
    rows = []
    deadline = time.monotonic() + 120
    while (not rows or rows[-1][0] < end - 1) and end and time.monotonic() < deadline:
        for message in consumer.consume(5000, 1.0):
            if not message.error():
                rows.append((message.offset(), int(message.value().split(b":", 1)[0])))
    consumer.close()
    return rows


def judge(address, report):
    """{what is wrong: how many}, and the sums."""
    wrong = {"acknowledged records lost": 0, "records at another offset than acknowledged": 0,
             "duplicates from idempotent producers": 0, "reorderings from idempotent producers": 0,
             "offsets that changed their content": len(report["changed"]),
             "records that were never delivered": sum(row["undelivered"] for row in report["sums"].values())}
    total = repeated = 0
    for topic, acknowledged in report["acknowledged"].items():
        rows = read_all(address, topic)
        content = dict(rows)
        numbers = [number for _, number in rows]
        kept = set(numbers)
        total += len(acknowledged)
        wrong["acknowledged records lost"] += sum(number not in kept for number, _ in acknowledged)
        # A repeated idempotent batch may be answered without its offset (-1); the record is there all the same.
        wrong["records at another offset than acknowledged"] += sum(
            offset >= 0 and content.get(offset) != number for number, offset in acknowledged)
        wrong["offsets that changed their content"] += sum(content.get(offset) != number for offset, number in report["seen"][topic])
        if topic.startswith("crash-once"):
            wrong["duplicates from idempotent producers"] += len(numbers) - len(kept)
            wrong["reorderings from idempotent producers"] += sum(b < a for a, b in zip(numbers, numbers[1:]))
        else:
            repeated += len(numbers) - len(kept)
    return wrong, total, repeated


def judge_by_kafka(victim, name, report):
    """The verdict on what Apache Kafka serves from a copy of the killed broker's directory: None or what is wrong."""
    theirs = Broker("kafka", name, {"log.retention.ms": "-1"}, port=victim.broker.port)
    theirs.data.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(victim.broker.data, theirs.data)
    theirs.start(keep=True)
    try:
        time.sleep(3)  # Kafka says that it has started before it leads its partitions.
        wrong, _, _ = judge(theirs.address, report)
    finally:
        theirs.stop()
    return ", ".join(f"{count} {what}" for what, count in wrong.items() if count) or None


def run(kills, seed, name="crash", with_kafka=False):
    """Runs the loop; returns {case: None or reason}."""
    chance = random.Random(seed)
    victim = Victim(name)
    victim.start()
    victim.wait_until_it_serves()
    report_path = victim.broker.home / "report.json"
    load = subprocess.Popen([str(places.PYTHON), str(places.ACCEPTANCE / "crash_load.py"), victim.broker.address, str(report_path)],
                            stdin=subprocess.PIPE)
    time.sleep(2)
    recoveries = []
    try:
        for count in range(1, kills + 1):
            # One kill in eight hits the recovery itself.
            time.sleep(chance.uniform(0, 0.05) if chance.random() < 0.125 else chance.uniform(0.2, 1.5))
            victim.kill()
            victim.start()
            if chance.random() < 0.125:
                time.sleep(chance.uniform(0, 0.05))
                victim.kill()
                victim.start()
            recoveries.append(victim.wait_until_it_serves())
            if count % 20 == 0:
                print(f"  {count} kills, longest recovery {max(recoveries):.3f} s", flush=True)
        time.sleep(1)
        victim.kill()
        crashed = segments.check(victim.broker.data, f"{name} after a kill", crashed=True)
        victim.start()
        victim.wait_until_it_serves()
    finally:
        load.stdin.close()
        load.wait(180)
    report = json.loads(report_path.read_text())
    wrong, total, repeated = judge(victim.broker.address, report)
    by_kafka = None
    if with_kafka:
        victim.kill()
        by_kafka = judge_by_kafka(victim, name, report)
        victim.start()
        victim.wait_until_it_serves()
    code = victim.stop()
    stopped = segments.check(victim.broker.data, f"{name} after a clean stop")
    print(f"crash: seed {seed}, {kills} kills, {total} records acknowledged, {repeated} repeated by producers that are not "
          f"idempotent; recovery {min(recoveries):.3f} to {max(recoveries):.3f} s")
    for what, count in wrong.items():
        print(f"crash: {count} {what}")
    outcomes = {f"0 {what}": None if count == 0 else str(count) for what, count in wrong.items()}
    outcomes["every recovery within a second"] = None if max(recoveries) <= RECOVERY_S_MAX else f"{max(recoveries):.3f} s"
    outcomes["records were acknowledged"] = None if total > kills else f"only {total}"
    outcomes["files after a kill"] = crashed
    if with_kafka:
        outcomes["Kafka on a copy after a kill"] = by_kafka
    outcomes["files after a clean stop"] = stopped
    outcomes["the exit code of a clean stop is 0"] = None if code == 0 else str(code)
    if all(reason is None for reason in outcomes.values()):
        shutil.rmtree(victim.broker.home, ignore_errors=True)
    return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--quick", action="store_true", help="10 kills")
    parser.add_argument("--kafka", action="store_true", help="also start Apache Kafka on a copy (Java and Maven needed)")
    arguments = parser.parse_args()
    if Path(sys.executable) != places.PYTHON:
        subprocess.run(["bash", str(places.ACCEPTANCE / "environment.sh")], check=True,
                       env=dict(os.environ, ACCEPTANCE_HOME=str(places.HOME)))
        os.execv(places.PYTHON, [str(places.PYTHON), *sys.argv])
    outcomes = run(10 if arguments.quick else arguments.kills, arguments.seed, with_kafka=arguments.kafka)
    failed = {case: reason for case, reason in outcomes.items() if reason is not None}
    for case, reason in failed.items():
        print(f"crash: FAILED: {case}: {reason}")
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
