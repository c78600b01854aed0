"""A member of a group, on a client for Python; what it does is timed. Started by group_pace.py:
members.py librdkafka-classic|librdkafka-consumer|aiokafka|kafka-python BOOTSTRAP GROUP FIRST SECOND RECORDS.
Prints FIGURE MILLISECONDS lines; the line `steady` asks for the steady stream."""

import asyncio
import statistics
import sys
import time

COMMITS = 100
# Longer than the heartbeat interval of every client here: one is under way, or was.
SETTLE_S = 3.5


class Librdkafka:
    def __init__(self, address, group, protocol):
        from confluent_kafka import Consumer

        self.positions = {}
        self.consumer = Consumer({"bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest",
                                  "enable.auto.commit": False, "group.protocol": protocol})

    def subscribe(self, topics):
        self.consumer.subscribe(topics)

    def poll(self):
        records = [record for record in self.consumer.consume(500, 0.05) if not record.error()]
        self.positions.update({(record.topic(), record.partition()): record.offset() + 1 for record in records})
        return [(record.topic(), record.value()) for record in records]

    def commit(self):
        """By itself it commits only what is new."""
        from confluent_kafka import TopicPartition

        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in self.positions.items()]
        self.consumer.commit(offsets=offsets, asynchronous=False)

    def unsubscribe(self):
        self.consumer.unsubscribe()

    def close(self):
        self.consumer.close()


class KafkaPython:
    def __init__(self, address, group):
        from kafka import KafkaConsumer

        self.consumer = KafkaConsumer(bootstrap_servers=address, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)

    def subscribe(self, topics):
        self.consumer.subscribe(topics)

    def poll(self):
        records = self.consumer.poll(timeout_ms=50)
        return [(record.topic, record.value) for rows in records.values() for record in rows]

    def commit(self):
        self.consumer.commit()

    def unsubscribe(self):
        self.consumer.unsubscribe()

    def close(self):
        self.consumer.close()


class Aiokafka:
    def __init__(self, address, group):
        from aiokafka import AIOKafkaConsumer

        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)

        async def start():
            self.consumer = AIOKafkaConsumer(bootstrap_servers=address, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)
            await self.consumer.start()

        self.loop.run_until_complete(start())

    def subscribe(self, topics):
        async def subscribe():
            self.consumer.subscribe(topics)

        self.loop.run_until_complete(subscribe())

    def poll(self):
        records = self.loop.run_until_complete(self.consumer.getmany(timeout_ms=50))
        return [(record.topic, record.value) for rows in records.values() for record in rows]

    def commit(self):
        self.loop.run_until_complete(self.consumer.commit())

    def unsubscribe(self):
        async def unsubscribe():
            self.consumer.unsubscribe()

        self.loop.run_until_complete(unsubscribe())

    def close(self):
        self.loop.run_until_complete(self.consumer.stop())


CLIENTS = {
    "librdkafka-classic": lambda address, group: Librdkafka(address, group, "classic"),
    "librdkafka-consumer": lambda address, group: Librdkafka(address, group, "consumer"),
    "aiokafka": Aiokafka,
    "kafka-python": KafkaPython,
}


def say(figure, ms):
    print(figure, f"{ms:.2f}", flush=True)


def timed(call):
    before = time.monotonic()
    call()
    return (time.monotonic() - before) * 1000


def until(member, is_there):
    """Polls until a batch of records has what is wanted."""
    while not is_there(member.poll()):
        pass


def settle(member):
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        member.poll()


def steady(member):
    """How long records take from their making to the member, while its heartbeats come and go."""
    latencies, ends = [], 0
    print("steady", flush=True)
    while ends < 4:
        for _, value in member.poll():
            if value.startswith(b"s"):
                latencies.append((time.time_ns() - int(value[1:])) / 1e6)
            ends += value == b"end"
    latencies.sort()
    say("steady_p50", statistics.median(latencies))
    say("steady_p99", latencies[len(latencies) * 99 // 100])
    say("steady_max", latencies[-1])


def main():
    client, address, group, first, second, records = sys.argv[1:]
    member = CLIENTS[client](address, group)
    left, began = int(records), time.monotonic()
    member.subscribe([first])
    arrived = None
    while left > 0:
        left -= len(member.poll())
        if arrived is None and left < int(records):
            arrived = time.monotonic()
    say("first_record", (arrived - began) * 1000)
    say("read_all", (time.monotonic() - arrived) * 1000)
    say("commit_p50", statistics.median(timed(member.commit) for _ in range(COMMITS)))
    steady(member)
    began = time.monotonic()
    member.subscribe([first, second])
    until(member, lambda rows: any(topic == second for topic, _ in rows))
    say("changed_subscription", (time.monotonic() - began) * 1000)
    settle(member)
    say("unsubscribe", timed(member.unsubscribe))
    # Nothing was committed for it: its records come again, and show that it belongs to the group.
    began = time.monotonic()
    member.subscribe([second])
    until(member, lambda rows: any(topic == second for topic, _ in rows))
    say("subscribed_again", (time.monotonic() - began) * 1000)
    settle(member)
    say("close", timed(member.close))


if __name__ == "__main__":
    main()
