#!/usr/bin/env python3
"""kill -9 under members that commit: no acknowledged commit is lost or goes back, and the groups go on.

    ACCEPTANCE_HOME=... python3 acceptance/crash_groups.py [--members 50] [--rounds 5] [--protocol classic|consumer]

Every member commits rising offsets for its partitions, one after the other, each waiting for its answer. After each kill
and restart the committed offset of a partition is at least the last one that was acknowledged and at most the last one that
was sent; and members own what they owned, without another rebalance."""

import argparse
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.broker import Broker  # noqa: E402

TOPIC = "crash-groups"


class Member:
    """A consumer that commits for as long as it lives."""

    def __init__(self, address, protocol, number, book):
        from confluent_kafka import Consumer

        settings = {"bootstrap.servers": address, "group.id": "crash", "enable.auto.commit": False, "client.id": f"m{number}",
                    "reconnect.backoff.max.ms": 200, "session.timeout.ms": 30000, "log_level": 0}
        if protocol == "consumer":
            settings.pop("session.timeout.ms")
            settings["group.protocol"] = "consumer"
        self.protocol, self.book = protocol, book
        self.consumer = Consumer(settings)
        self.owned, self.rebalances, self.commits, self.ends = set(), 0, 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def assigned(self, consumer, partitions):
        self.rebalances += 1
        self.owned |= {one.partition for one in partitions}
        consumer.incremental_assign(partitions) if self.protocol == "consumer" else consumer.assign(partitions)

    def revoked(self, consumer, partitions):
        self.rebalances += 1
        self.owned -= {one.partition for one in partitions}
        consumer.incremental_unassign(partitions) if self.protocol == "consumer" else consumer.unassign()

    def run(self):
        from confluent_kafka import KafkaException, TopicPartition

        self.consumer.subscribe([TOPIC], on_assign=self.assigned, on_revoke=self.revoked)
        while not self.ends:
            self.consumer.poll(0.01)
            for partition in sorted(self.owned):
                offset = self.book.next(partition)
                try:
                    self.consumer.commit(offsets=[TopicPartition(TOPIC, partition, offset)], asynchronous=False)
                except KafkaException:
                    continue
                self.book.acknowledged(partition, offset)
                self.commits += 1


class Book:
    """What was sent and what was acknowledged, by partition."""

    def __init__(self):
        self.lock, self.sent, self.acked = threading.Lock(), {}, {}

    def next(self, partition):
        with self.lock:
            self.sent[partition] = self.sent.get(partition, 0) + 1
            return self.sent[partition]

    def acknowledged(self, partition, offset):
        with self.lock:
            self.acked[partition] = max(offset, self.acked.get(partition, 0))


def committed(address, partitions):
    from confluent_kafka import Consumer, TopicPartition

    reader = Consumer({"bootstrap.servers": address, "group.id": "crash"})
    deadline = time.monotonic() + 30
    while True:
        try:
            found = reader.committed([TopicPartition(TOPIC, index) for index in range(partitions)], timeout=10)
            reader.close()
            return {one.partition: one.offset for one in found}
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def wait_for(what, condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"never: {what}")
        time.sleep(0.01)


def round_of(number, broker, members, book, chance):
    """One kill; returns the problems."""
    time.sleep(chance.uniform(0.5, 2.5))
    owned = [frozenset(member.owned) for member in members]
    broker.kill()
    with book.lock:
        acked, rebalances = dict(book.acked), sum(member.rebalances for member in members)
    started = time.monotonic()
    broker.start(keep=True)
    found = committed(broker.address, len(members))
    with book.lock:
        sent = dict(book.sent)
    problems = []
    for partition, offset in found.items():
        least, most = acked.get(partition, -1), sent.get(partition, 0)
        if not least <= offset <= most:
            problems.append(f"partition {partition}: {offset} is committed, acknowledged were {least}, sent {most}")
    before = [member.commits for member in members]
    wait_for("every member commits again", lambda: all(member.commits > old for member, old in zip(members, before)))
    went_on_ms = (time.monotonic() - started) * 1000
    moved = sum(1 for member, old in zip(members, owned) if frozenset(member.owned) != old)
    again = sum(member.rebalances for member in members) - rebalances
    total = sum(member.commits for member in members)
    print(f"round {number}: {total} commits so far, all commit again after {went_on_ms:.0f} ms, "
          f"{moved} members own something else, {again} rebalance callbacks, {len(problems)} problems", flush=True)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--protocol", default="classic", choices=["classic", "consumer"])
    parser.add_argument("--port", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    from confluent_kafka.admin import AdminClient, NewTopic

    broker = Broker("jackdaw", "crash-groups", {"group.initial.rebalance.delay.ms": "1000"}, port=options.port).start()
    problems = []
    try:
        admin = AdminClient({"bootstrap.servers": broker.address})
        for future in admin.create_topics([NewTopic(TOPIC, options.members, 1)]).values():
            future.result(30)
        book = Book()
        members = [Member(broker.address, options.protocol, number, book) for number in range(options.members)]
        wait_for("every member has a partition", lambda: all(len(member.owned) == 1 for member in members))
        chance = random.Random(options.seed)
        for number in range(1, options.rounds + 1):
            problems += round_of(number, broker, members, book, chance)
        for member in members:
            member.ends = True
    finally:
        broker.kill()
    print("\n".join(problems) or "no commit was lost or went back")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
