#!/usr/bin/env python3
"""Delays and fails the broker's syncs with strace, and shows that an acknowledgement means on disk.

usage: python3 acceptance/strace_sync.py [--quick]

Delayed: with each sync 200 ms late no acknowledgement and no fetch of a record comes earlier than 200 ms after it was sent.
Failed: from the n-th sync that gives EIO on there is no acknowledgement any more, the directory is offline, the process alive and
says why; after a restart everything that was acknowledged is there.
strace is attached to the running process, which needs the right to trace it (root, or kernel.yama.ptrace_scope=0)."""

import argparse
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import cases, places  # noqa: E402
from harness.broker import Broker  # noqa: E402

SYNCS = "fdatasync,fsync,syncfs,sync_file_range"
DELAY_S = 0.2


class Injection:
    """strace on a process, injecting into its syncs, for as long as the block lasts."""

    def __init__(self, broker, what, only=None):
        self.path = broker.home / "strace.txt"
        self.path.write_text("")
        command = ["strace", "-f", "-p", str(broker.pid), "-o", str(self.path), "-e", f"trace={SYNCS}", "-e", f"inject={SYNCS}:{what}"]
        command += ["-P", str(only)] if only else []
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        # strace says "attached" once for each thread; the first line comes when all are.
        line = self.process.stderr.readline()
        if "attached" not in line:
            raise RuntimeError(f"strace: {line.strip()}")
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        self.process.wait(10)

    def injected(self):
        """How many syncs were tampered with."""
        return self.path.read_text(errors="replace").count("(INJECTED)") + self.path.read_text(errors="replace").count("(DELAYED)")


def producer(broker, **options):
    from kafka import KafkaProducer
    settings = {"retries": 0, "enable_idempotence": False, "request_timeout_ms": 8000, "delivery_timeout_ms": 9000, **options}
    return KafkaProducer(bootstrap_servers=broker.address, **settings)


def make_topic(broker, name, partitions=1):
    from kafka import KafkaAdminClient
    from kafka.admin import NewTopic
    client = KafkaAdminClient(bootstrap_servers=broker.address)
    client.create_topics([NewTopic(name, partitions, 1)])
    client.close()
    sender = producer(broker)
    for partition in range(partitions):
        sender.send(name, b"warm", partition=partition).get(10)
    sender.close()


def watch(broker, topic, arrivals, ended):
    """Notes when each value could first be read."""
    from kafka import KafkaConsumer, TopicPartition
    consumer = KafkaConsumer(bootstrap_servers=broker.address, fetch_max_wait_ms=5000)
    consumer.assign([TopicPartition(topic, 0)])
    consumer.seek_to_beginning()
    while not ended.is_set():
        for batch in consumer.poll(timeout_ms=100).values():
            for record in batch:
                arrivals.setdefault(record.value, time.monotonic())
    consumer.close()


def check_delay(broker, acks, count):
    """Sends one record after the other; returns the shortest wait for an acknowledgement and for the fetch."""
    topic = f"delayed-{acks}"
    make_topic(broker, topic)
    arrivals, ended = {}, threading.Event()
    watcher = threading.Thread(target=watch, args=(broker, topic, arrivals, ended))
    watcher.start()
    sender = producer(broker, acks=acks)
    sender.send(topic, b"first", partition=0).get(10)
    waits, sent = [], {}
    with Injection(broker, f"delay_enter={int(DELAY_S * 1e6)}") as injection:
        for i in range(count):
            value = b"%d" % i
            sent[value] = time.monotonic()
            sender.send(topic, value, partition=0).get(10)
            waits.append(time.monotonic() - sent[value])
        tampered = injection.injected()
    cases.eventually(lambda: all(value in arrivals for value in sent), "every record is read")
    ended.set()
    watcher.join()
    sender.close()
    fetches = [arrivals[value] - sent[value] for value in sent]
    print(f"strace: acks={acks}: {count} records, {tampered} syncs delayed by {DELAY_S:.3f} s; shortest wait for an acknowledgement "
          f"{min(waits):.3f} s, for the fetch {min(fetches):.3f} s")
    cases.equal(tampered > 0, True, "a sync was delayed")
    cases.equal(min(waits) >= DELAY_S, True, f"no acknowledgement in less than {DELAY_S} s: {min(waits):.3f}")
    cases.equal(min(fetches) >= DELAY_S, True, f"no fetch in less than {DELAY_S} s: {min(fetches):.3f}")


def check_delay_together(broker, count):
    """Many producers at once: they share syncs, and none is early. Every sync of a round is late, one after the other."""
    make_topic(broker, "delayed-together", partitions=8)
    waits = []

    def send(partition):
        sender = producer(broker, acks="all", request_timeout_ms=60_000, delivery_timeout_ms=70_000)
        sender.partitions_for("delayed-together")
        for _ in range(count):
            start = time.monotonic()
            sender.send("delayed-together", b"x", partition=partition).get(60)
            waits.append(time.monotonic() - start)
        sender.close()

    with Injection(broker, f"delay_enter={int(DELAY_S * 1e6)}"):
        threads = [threading.Thread(target=send, args=(partition,)) for partition in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"strace: 8 producers together: {len(waits)} records, waits {min(waits):.3f} to {max(waits):.3f} s")
    cases.equal(len(waits), 8 * count, "acknowledgements")
    cases.equal(min(waits) >= DELAY_S, True, f"no acknowledgement in less than {DELAY_S} s: {min(waits):.3f}")


def ready(broker):
    """(HTTP status, text) of /readyz."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{broker.http_port}/readyz", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def check_failure(name, nth, acks):
    """From the n-th sync (of any thread) on: no acknowledgement; offline, alive, explained; nothing lost after a restart."""
    broker = Broker("jackdaw", name)
    broker.remove()
    broker.start()
    try:
        make_topic(broker, "failing")
        sender = producer(broker, acks=acks)
        acknowledged, failures, early = [], [], []
        with Injection(broker, f"error=EIO:when={nth}") as injection:
            for i in range(nth * 8 + 20):
                tampered = injection.injected()
                try:
                    offset = sender.send("failing", b"%d" % i, partition=0).get(9).offset
                    acknowledged.append((offset, b"%d" % i))
                    if tampered:
                        early.append(i)
                except Exception as error:  # noqa: BLE001 - the kinds are counted below
                    failures.append(type(error).__name__)
                if len(failures) >= 5:
                    break
            tampered = injection.injected()
        print(f"strace: EIO at sync {nth}, acks={acks}: {len(acknowledged)} acknowledged before, {len(failures)} refused: {sorted(set(failures))}")
        cases.equal(tampered > 0, True, "a sync failed")
        cases.equal(early, [], "acknowledged after the failure")
        cases.equal(len(failures) >= 5, True, "requests are refused")
        cases.equal(broker.alive(), True, "the process is alive")
        status, text = ready(broker)
        cases.equal(status, 503, f"status of /readyz: {text}")
        cases.contains(text, str(broker.data))
        sender.close(timeout=2)
        broker.kill()
        broker.start(keep=True)
        kept = {record.offset: record.value for record in read_topic(broker, "failing")}
        cases.equal([pair for pair in acknowledged if kept.get(pair[0]) != pair[1]], [], "acknowledged and lost")
    finally:
        broker.stop()


def refusal(broker, topic):
    """The name of the error that creating a topic ends with, `None` if it is created."""
    from kafka import KafkaAdminClient
    from kafka.admin import NewTopic
    client = KafkaAdminClient(bootstrap_servers=broker.address, request_timeout_ms=10_000)
    try:
        client.create_topics([NewTopic(topic, 1, 1)])
        return None
    except Exception as error:  # noqa: BLE001 - its name is what is asked for
        return type(error).__name__
    finally:
        client.close()


def check_metadata_failure(name):
    """EIO at a sync of the metadata log, which has a disk of its own: no change is acknowledged any more, the rest serves."""
    root = places.HOME / "run" / name / "metadata"
    broker = Broker("jackdaw", name, {"metadata.log.dir": root})
    broker.remove()
    broker.start()
    try:
        make_topic(broker, "before")
        with Injection(broker, "error=EIO", only=root / "__cluster_metadata-0" / "00000000000000000000.log") as injection:
            during = [refusal(broker, f"during-{i}") for i in range(2)]
            tampered = injection.injected()
        after = refusal(broker, "after")
        print(f"strace: EIO at {tampered} sync of the metadata log: creating topics gives {during}, then {after}")
        cases.equal(tampered > 0, True, "a sync failed")
        cases.equal(during + [after], ["KafkaStorageError"] * 3, "changes of the metadata")
        cases.equal(broker.alive(), True, "the process is alive")
        status, text = ready(broker)
        cases.equal(status, 503, f"status of /readyz: {text}")
        cases.contains(text, "metadata", str(root))
        sender = producer(broker, acks="all")
        sender.send("before", b"still", partition=0).get(10)
        sender.close()
        cases.equal([record.value for record in read_topic(broker, "before")], [b"warm", b"still"], "the other disk serves")
        broker.kill()
        broker.start(keep=True)
        cases.equal([record.value for record in read_topic(broker, "before")], [b"warm", b"still"], "after a restart")
        cases.equal(refusal(broker, "again"), None, "changes after a restart")
    finally:
        broker.stop()


def read_topic(broker, topic):
    from suites.kafka_python import read
    return read(broker, topic, 0)


def run(quick):
    """{case: None or reason}."""
    count = 5 if quick else 25
    outcomes = {}
    broker = Broker("jackdaw", "strace_delay")
    broker.remove()
    with broker:
        for acks in (1, "all"):
            outcomes[f"delayed syncs, acks={acks}"] = cases.attempt(check_delay, broker, acks, count)
        outcomes["delayed syncs, many producers"] = cases.attempt(check_delay_together, broker, count)
    outcomes["EIO at a sync of the metadata log"] = cases.attempt(check_metadata_failure, "strace_eio_metadata")
    for nth in (1, 3) if quick else (1, 2, 3, 5, 8, 13):
        for acks in (1, "all"):
            name = f"strace_eio_{nth}_{acks}"
            outcomes[f"EIO at sync {nth}, acks={acks}"] = cases.attempt(check_failure, name, nth, acks)
    return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if Path(sys.executable) != places.PYTHON:
        subprocess.run(["bash", str(places.ACCEPTANCE / "environment.sh")], check=True,
                       env=dict(os.environ, ACCEPTANCE_HOME=str(places.HOME)))
        os.execv(places.PYTHON, [str(places.PYTHON), *sys.argv])
    outcomes = run(arguments.quick)
    failed = {case: reason for case, reason in outcomes.items() if reason is not None}
    for case, reason in failed.items():
        print(f"strace: FAILED: {case}: {reason}")
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
