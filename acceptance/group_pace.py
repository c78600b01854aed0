#!/usr/bin/env python3
"""Whether anything that a member of a group does is slower than with Apache Kafka: the first record, reading, commits, a steady
stream while heartbeats come and go, a changed subscription, `unsubscribe`, `close`; with Kafka's own client, librdkafka, kafkajs,
aiokafka and kafka-python. Both brokers run beside each other, and each client asks them in turn.

    ACCEPTANCE_HOME=... python3 acceptance/group_pace.py [--runs N] [--clients librdkafka,kafkajs,...]

Prints a table: medians in milliseconds on Jackdaw and on Kafka, and their ratio. The figures are in docs/rebalancing.md."""

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import places  # noqa: E402
from harness.broker import Broker  # noqa: E402

RECORDS = 20_000
PARTITIONS = 4
# The steady stream lasts longer than two heartbeats of every client.
STEADY_S, STEADY_EVERY_S = 7, 0.01
PACE = Path(__file__).resolve().parent / "pace"
PYTHON = [str(places.PYTHON), str(PACE / "members.py")]
JAVA = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-Dlog4j2.level=ERROR", "-cp", f"{places.KAFKA_DIST}/libs/*", str(PACE / "Member.java")]
CLIENTS = {
    "librdkafka classic": [*PYTHON, "librdkafka-classic"],
    "librdkafka consumer": [*PYTHON, "librdkafka-consumer"],
    "java classic": [*JAVA, "classic"],
    "java consumer": [*JAVA, "consumer"],
    "kafkajs": ["node", str(PACE / "member.js")],
    "aiokafka": [*PYTHON, "aiokafka"],
    "kafka-python": [*PYTHON, "kafka-python"],
}


def fill(address, first, second):
    """Topic `first` with all records, topic `second` with a few; by turns on all partitions, so that both brokers hold the same."""
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.create_topics([NewTopic(first, PARTITIONS, 1), NewTopic(second, PARTITIONS, 1)]).values():
        future.result(30)
    producer = Producer({"bootstrap.servers": address, "linger.ms": 5, "compression.type": "none"})
    for number in range(RECORDS):
        producer.produce(first, b"x" * 100, partition=number % PARTITIONS)
        if number % 1000 == 0:
            producer.poll(0)
    for number in range(40):
        producer.produce(second, b"x" * 100, partition=number % PARTITIONS)
    producer.flush(60)


def stream(address, topic):
    """One record every few milliseconds, each with the time of its making; the last one says that it is."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": address, "linger.ms": 0, "acks": 1})
    started = time.monotonic()
    count = int(STEADY_S / STEADY_EVERY_S)
    for number in range(count):
        producer.produce(topic, f"s{time.time_ns()}".encode())
        producer.poll(0)
        time.sleep(max(0, started + (number + 1) * STEADY_EVERY_S - time.monotonic()))
    for partition in range(4):
        producer.produce(topic, b"end", partition=partition)
    producer.flush(30)


def run_one(command, address, first, second):
    """{figure: milliseconds} of one member's life."""
    group = f"pace-{uuid.uuid4().hex[:8]}"
    environment = dict(os.environ, NODE_PATH=str(places.NODE_MODULES))
    member = subprocess.Popen([*command, address, group, first, second, str(RECORDS)], stdout=subprocess.PIPE, text=True, env=environment)
    figures, streams = {}, None
    watchdog = threading.Timer(180, member.kill)
    watchdog.start()
    try:
        for line in member.stdout:
            words = line.split()
            if words == ["steady"]:
                streams = threading.Thread(target=stream, args=(address, first))
                streams.start()
            elif len(words) == 2:
                figures[words[0]] = float(words[1])
    finally:
        watchdog.cancel()
    if streams:
        streams.join()
    if member.wait() or "close" not in figures:
        raise RuntimeError(f"{command}: ended with {member.returncode} after {sorted(figures)}")
    return figures


def measure(brokers, name, runs):
    """{kind: {figure: median}} of a client. Its topics are its own: a stream of an earlier run is not read again."""
    found = {kind: [] for kind in brokers}
    for number in range(runs):
        # Whoever comes first finds a colder machine.
        for kind, broker in sorted(brokers.items(), reverse=number % 2 == 1):
            first, second = f"a-{uuid.uuid4().hex[:8]}", f"b-{uuid.uuid4().hex[:8]}"
            fill(broker.address, first, second)
            found[kind].append(run_one(CLIENTS[name], broker.address, first, second))
    medians = {}
    for kind, rows in found.items():
        medians[kind] = {figure: statistics.median(row[figure] for row in rows) for figure in rows[0]}
    return medians


def show(name, medians):
    for figure, kafka in medians["kafka"].items():
        ours = medians["jackdaw"][figure]
        print(f"| {name} | {figure} | {ours:.1f} | {kafka:.1f} | {ours / max(kafka, 0.001):.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clients", default=",".join(CLIENTS))
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    ports = {"jackdaw": options.port, "kafka": options.port and options.port + 10}
    properties = {"group.initial.rebalance.delay.ms": "0"}
    brokers = {kind: Broker(kind, f"pace-{kind}", properties, port=port) for kind, port in ports.items()}
    try:
        for broker in brokers.values():
            broker.start()
        print("| client | | Jackdaw, ms | Kafka, ms | ratio |\n|---|---|---|---|---|")
        for name in options.clients.split(","):
            for whole in [known for known in CLIENTS if known == name or known.split()[0] == name]:
                show(whole, measure(brokers, whole, options.runs))
    finally:
        for broker in brokers.values():
            broker.stop()


if __name__ == "__main__":
    main()
