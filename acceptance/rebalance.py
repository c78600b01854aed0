#!/usr/bin/env python3
"""How long a rebalance takes: from the second member's subscription until both hold their half, with every protocol, on
librdkafka and on Kafka's own client; and what calls of members cost. Jackdaw and Apache Kafka beside each other.

    ACCEPTANCE_HOME=... python3 acceptance/rebalance.py [jackdaw] [kafka] [--runs N] [--many]

`--many` adds fifty members on a thousand partitions, as often. The figures are in docs/rebalancing.md."""

import argparse
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

PARTITIONS = 8
MODES = ("eager", "cooperative", "consumer")
# Longer than the heartbeat interval of every client here, so that the first member has sent its first heartbeat.
SETTLE_S = 6.3


def settings(address, group, mode):
    """Of a librdkafka consumer."""
    common = {"bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    if mode == "consumer":
        return dict(common, **{"group.protocol": "consumer"})
    strategy = {"eager": "range", "cooperative": "cooperative-sticky"}[mode]
    return dict(common, **{"partition.assignment.strategy": strategy})


class Member:
    """A librdkafka consumer on a thread of its own, which notes when what it owns changes."""

    def __init__(self, address, group, mode):
        from confluent_kafka import Consumer

        self.mode = mode
        self.consumer = Consumer(settings(address, group, mode))
        self.owned, self.changed_at, self.ends = set(), 0.0, False
        self.calls = []
        self.thread = None

    def start(self, topic):
        def assigned(consumer, partitions):
            self.owned |= {one.partition for one in partitions}
            if self.mode == "eager":
                consumer.assign(partitions)
            else:
                consumer.incremental_assign(partitions)
            self.changed_at = time.monotonic()

        def revoked(consumer, partitions):
            self.owned -= {one.partition for one in partitions}
            if self.mode == "eager":
                consumer.unassign()
            else:
                consumer.incremental_unassign(partitions)
            self.changed_at = time.monotonic()

        def run():
            self.consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked)
            while not self.ends:
                if self.calls:
                    self.calls.pop(0)()
                self.consumer.poll(0.02)

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def timed(self, call):
        """Runs on the member's own thread; how long it took, in milliseconds."""
        done, result = threading.Event(), []

        def run():
            before = time.monotonic()
            call()
            result.append((time.monotonic() - before) * 1000)
            done.set()

        self.calls.append(run)
        if not done.wait(60):
            raise RuntimeError("a call of a member did not return")
        return result[0]

    def close(self):
        self.ends = True
        self.thread.join()
        before = time.monotonic()
        self.consumer.close()
        return (time.monotonic() - before) * 1000


def wait_for(what, condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"never: {what}")
        time.sleep(0.001)


def create(address, topic, partitions):
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": address})
    for future in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        future.result(30)


def librdkafka(address, topic, mode):
    """One pair of members."""
    from confluent_kafka import TopicPartition

    group, figures = f"rd-{mode}-{uuid.uuid4().hex[:8]}", {}
    first = Member(address, group, mode)
    first.consumer.list_topics(topic, 10)
    time.sleep(0.5)
    started = time.monotonic()
    first.start(topic)
    wait_for("the first member has all", lambda: len(first.owned) == PARTITIONS)
    figures["first_ms"] = (first.changed_at - started) * 1000
    time.sleep(SETTLE_S)
    second = Member(address, group, mode)
    # It finds its coordinator before it subscribes, so what is measured begins with the join.
    second.consumer.list_topics(topic, 10)
    time.sleep(0.5)
    joined = time.monotonic()
    second.start(topic)
    half = PARTITIONS // 2
    wait_for("both have their half", lambda: len(first.owned) == half and len(second.owned) == half)
    figures["half_ms"] = (max(first.changed_at, second.changed_at) - joined) * 1000
    offsets = [TopicPartition(topic, index, 0) for index in second.owned]
    commits = [second.timed(lambda: second.consumer.commit(offsets=offsets, asynchronous=False)) for _ in range(200)]
    figures["commit_p50_ms"] = statistics.median(commits)
    # A heartbeat is under way when it unsubscribes, and when the other one closes.
    time.sleep(SETTLE_S)
    figures["unsubscribe_ms"] = second.timed(second.consumer.unsubscribe)
    second.close()
    time.sleep(SETTLE_S)
    figures["close_ms"] = first.close()
    return figures


def java(address, topic, mode):
    """The same on Kafka's own client."""
    group = f"java-{mode}-{uuid.uuid4().hex[:8]}"
    program = Path(__file__).resolve().parent / "rebalance" / "Members.java"
    command = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-Dlog4j2.level=ERROR", "-cp", f"{places.KAFKA_DIST}/libs/*", str(program),
               address, topic, group, mode, str(PARTITIONS), str(int(SETTLE_S * 1000))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-800:])
    lines = (line.split() for line in done.stdout.splitlines())
    return {parts[0]: float(parts[1]) for parts in lines if len(parts) == 2}


def many(address, mode, members=50, partitions=1000):
    """Fifty members come at once; how long until every partition has one owner and all have their share."""
    topic, group = f"many-{mode}-{uuid.uuid4().hex[:6]}", f"many-{mode}-{uuid.uuid4().hex[:8]}"
    create(address, topic, partitions)
    all_of_them = [Member(address, group, mode) for _ in range(members)]
    for member in all_of_them:
        member.consumer.list_topics(topic, 10)
    time.sleep(1)
    share = partitions // members
    started = time.monotonic()
    for member in all_of_them:
        member.start(topic)

    def is_settled():
        return all(len(member.owned) == share for member in all_of_them)

    wait_for("fifty members settle", is_settled, 240)
    figures = {"settled_ms": (max(member.changed_at for member in all_of_them) - started) * 1000}
    time.sleep(SETTLE_S)
    late = Member(address, group, mode)
    late.consumer.list_topics(topic, 10)
    time.sleep(0.5)
    joined = time.monotonic()
    late.start(topic)
    everybody = all_of_them + [late]
    lowest = partitions // len(everybody)

    def is_settled_again():
        return sum(len(member.owned) for member in everybody) == partitions and len(late.owned) >= lowest

    wait_for("one more member settles", is_settled_again, 240)
    figures["one_more_ms"] = (max(member.changed_at for member in everybody) - joined) * 1000
    for member in everybody:
        member.ends = True
    for member in everybody:
        member.thread.join()
        threading.Thread(target=member.consumer.close, daemon=True).start()
    time.sleep(3)
    return figures


def show(kind, client, mode, runs):
    names = runs[0].keys()
    figures = "  ".join(f"{name} {statistics.median(run[name] for run in runs):.1f}" for name in names)
    goals = [name for name in ("half_ms", "settled_ms") if name in names]
    worst = "".join(f"  {name}_max {max(run[name] for run in runs):.1f}" for name in goals)
    print(f"{kind:8} {client:10} {mode:12} {figures}{worst}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["jackdaw", "kafka"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--many", action="store_true")
    parser.add_argument("--clients", default="librdkafka,java")
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    for kind in options.kinds or ["jackdaw", "kafka"]:
        broker = Broker(kind, "rebalance", {"group.initial.rebalance.delay.ms": "0"}, port=options.port).start()
        try:
            create(broker.address, "halves", PARTITIONS)
            for client in options.clients.split(","):
                for mode in options.modes.split(","):
                    runs = [globals()[client](broker.address, "halves", mode) for _ in range(options.runs)]
                    show(kind, client, mode, runs)
            if options.many:
                for mode in options.modes.split(","):
                    show(kind, "librdkafka", f"many {mode}", [many(broker.address, mode) for _ in range(options.runs)])
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
