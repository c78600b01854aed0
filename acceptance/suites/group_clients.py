"""Foreign clients in groups of the classic protocol: they share partitions, take over from each other, and go on where they stood."""

import asyncio
import threading
import time
import uuid

from harness.broker import Broker

LOOKS_AT = "groups of confluent-kafka, kafka-python and aiokafka: each assignor, static members, all three at once"
QUICK = True
PROPERTIES = {"group.initial.rebalance.delay.ms": "0", "group.min.session.timeout.ms": "1000"}
PARTITIONS = 4
SECONDS = 30
SESSION_MS = 6000
# kafka-python takes seconds for each case, and assignors are the clients' own business.
NOT_QUICK = ("kafka-python, roundrobin", "kafka-python, sticky", "aiokafka, roundrobin")


class Member(threading.Thread):
    """A consumer with a thread of its own. `owned` is what it is assigned, `read` what it has read, `changes` how often it was
    told of another assignment."""

    def __init__(self, address, topic, group, **options):
        super().__init__(daemon=True)
        self.address, self.topic, self.group, self.options = address, topic, group, options
        self.owned, self.read, self.changes, self.failure = frozenset(), [], 0, None
        self.stopping = threading.Event()
        self.start()

    def run(self):
        try:
            self.consume()
        except Exception as error:  # noqa: BLE001 - the case that waits for this member tells of it
            self.failure = error

    def see(self, partitions):
        partitions = frozenset(partitions)
        if partitions != self.owned:
            self.owned, self.changes = partitions, self.changes + 1

    def stop(self):
        """Closes the consumer, commits included."""
        self.stopping.set()
        self.join(SECONDS)
        if self.failure:
            raise self.failure
        assert not self.is_alive(), "it does not close"


class Confluent(Member):
    NAME = "confluent-kafka"

    def consume(self):
        import confluent_kafka
        configuration = {"bootstrap.servers": self.address, "group.id": self.group, "auto.offset.reset": "earliest",
                         "session.timeout.ms": SESSION_MS, "heartbeat.interval.ms": 500, "enable.auto.commit": False, **self.options}
        consumer = confluent_kafka.Consumer(configuration)
        consumer.subscribe([self.topic])
        while not self.stopping.is_set():
            message = consumer.poll(0.05)
            if message is not None and message.error() is None:
                self.read.append(message.value())
                consumer.commit(message, asynchronous=False)
            self.see(part.partition for part in consumer.assignment())
        consumer.close()


class KafkaPython(Member):
    NAME = "kafka-python"

    def consume(self):
        import kafka
        options = dict(self.options)
        consumer = kafka.KafkaConsumer(self.topic, bootstrap_servers=self.address, group_id=self.group, auto_offset_reset="earliest",
                                       session_timeout_ms=SESSION_MS, heartbeat_interval_ms=500, enable_auto_commit=False,
                                       **options)
        while not self.stopping.is_set():
            # Where a poll ends in the midst of a rebalance, kafka-python forgets that: its member is in the group, and owns nothing.
            for records in consumer.poll(1000).values():
                self.read.extend(record.value for record in records)
                consumer.commit()
            self.see(part.partition for part in consumer.assignment())
        consumer.close()


class Aiokafka(Member):
    NAME = "aiokafka"

    def consume(self):
        asyncio.run(self.consuming())

    async def consuming(self):
        import aiokafka
        consumer = aiokafka.AIOKafkaConsumer(self.topic, bootstrap_servers=self.address, group_id=self.group,
                                             auto_offset_reset="earliest", session_timeout_ms=SESSION_MS,
                                             heartbeat_interval_ms=500, enable_auto_commit=False, **self.options)
        await consumer.start()
        while not self.stopping.is_set():
            for records in (await consumer.getmany(timeout_ms=50)).values():
                self.read.extend(record.value for record in records)
                await consumer.commit()
            self.see(part.partition for part in consumer.assignment())
        await consumer.stop()


def strategies():
    """(client, what the strategy is called, options)."""
    for name in ("range", "roundrobin", "cooperative-sticky"):
        yield Confluent, name, {"partition.assignment.strategy": name}
    from aiokafka.coordinator.assignors import range as aio_range, roundrobin as aio_robin
    from aiokafka.coordinator.assignors.sticky import sticky_assignor
    for name, assignor in (("range", aio_range.RangePartitionAssignor), ("roundrobin", aio_robin.RoundRobinPartitionAssignor),
                           ("sticky", sticky_assignor.StickyPartitionAssignor)):
        yield Aiokafka, name, {"partition_assignment_strategy": (assignor,)}
    from kafka.coordinator.assignors import range as kp_range, roundrobin as kp_robin
    from kafka.coordinator.assignors.sticky import sticky_assignor as kp_sticky
    for name, assignor in (("range", kp_range.RangePartitionAssignor), ("roundrobin", kp_robin.RoundRobinPartitionAssignor),
                           ("sticky", kp_sticky.StickyPartitionAssignor)):
        yield KafkaPython, name, {"partition_assignment_strategy": [assignor]}


def instance(client, name):
    """The option that makes a member static."""
    return {"group.instance.id" if client is Confluent else "group_instance_id": name}


class Stage:
    """A topic and a group of its own for a case, and its members."""

    def __init__(self, address, title):
        import confluent_kafka.admin
        self.address, self.members = address, []
        self.topic = self.group = f"{title}-{uuid.uuid4().hex[:6]}".replace(" ", "-").replace(",", "")
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": address})
        for made in admin.create_topics([confluent_kafka.admin.NewTopic(self.topic, PARTITIONS, 1)]).values():
            made.result(SECONDS)
        self.sent = 0

    def member(self, client, **options):
        self.members.append(client(self.address, self.topic, self.group, **options))
        return self.members[-1]

    def produce(self, count=20):
        """Records with values of their own, over all partitions."""
        import confluent_kafka
        producer = confluent_kafka.Producer({"bootstrap.servers": self.address})
        values = [b"%d" % number for number in range(self.sent, self.sent + count)]
        for number, value in enumerate(values):
            producer.produce(self.topic, value, partition=number % PARTITIONS)
        assert producer.flush(SECONDS) == 0
        self.sent += count
        return values

    def until(self, story, condition):
        """Waits for something to be so."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            for member in self.members:
                if member.failure:
                    raise member.failure
            shares = [sorted(member.owned) for member in self.members]
            assert time.monotonic() < deadline, f"{story}: not within {SECONDS} s; they own {shares}"
            time.sleep(0.02)

    def until_shared(self, *members):
        """Until these own all partitions, each as many as the others, none twice."""
        share = PARTITIONS // len(members)
        self.until(f"{len(members)} share", lambda: all(len(member.owned) == share for member in members)
                   and len(frozenset().union(*(member.owned for member in members))) == PARTITIONS)

    def until_read(self, values, *members):
        self.until(f"{len(values)} records are read", lambda: set(values) <= {value for member in members for value in member.read})

    def close(self):
        for member in self.members:
            member.stopping.set()
        for member in self.members:
            member.join(5)


def share_and_take_over(stage, client, options):
    """Two share, one leaves, the other has all; a third goes on where they stood."""
    first = stage.member(client, **options)
    stage.until_shared(first)
    stage.until_read(stage.produce(), first)
    second = stage.member(client, **options)
    stage.until_shared(first, second)
    stage.until_read(stage.produce(), first, second)
    first.stop()
    stage.until_shared(second)
    stage.until_read(stage.produce(), second)
    second.stop()
    third = stage.member(client, **options)
    stage.until_shared(third)
    news = stage.produce()
    stage.until_read(news, third)
    assert set(third.read) == set(news), f"read again: {set(third.read) - set(news)}"
    third.stop()


def static_member_comes_back(stage, client, options):
    """A static member that is restarted gets back what it had, and the other one hears of nothing."""
    # Members that are static have to be so from the first one on, or a leader's leave would tell all others.
    first = stage.member(client, **options, **instance(client, "first"))
    stage.until_shared(first)
    second = stage.member(client, **options, **instance(client, "second"))
    stage.until_shared(first, second)
    share, changes = first.owned, second.changes
    first.stop()
    again = stage.member(client, **options, **instance(client, "first"))
    stage.until("it has its share again", lambda: again.owned == share)
    assert second.changes == changes, "the other one was told of a rebalance"
    stage.until_read(stage.produce(), again, second)
    again.stop()
    second.stop()


def mixed_clients(stage):
    """Three clients of different makes in one group, all with range."""
    members = [stage.member(client, **options) for client, name, options in strategies() if name == "range"]
    stage.until("each has something", lambda: all(member.owned for member in members)
                and sum(len(member.owned) for member in members) == PARTITIONS)
    stage.until_read(stage.produce(), *members)
    for member in members:
        member.stop()


def subscriptions_change(stage):
    """A member that drops its topic gives its partitions to the other one."""
    import confluent_kafka
    first = stage.member(Confluent)
    consumer = confluent_kafka.Consumer({"bootstrap.servers": stage.address, "group.id": stage.group, "session.timeout.ms": SESSION_MS})
    consumer.subscribe([stage.topic])
    stage.until("they share", lambda: consumer.poll(0.02) is None and len(first.owned) == len(consumer.assignment()) == 2)
    consumer.unsubscribe()
    stage.until("the other one has all", lambda: consumer.poll(0.02) is None and len(first.owned) == PARTITIONS)
    consumer.subscribe([stage.topic])
    stage.until("they share again", lambda: consumer.poll(0.02) is None and len(first.owned) == len(consumer.assignment()) == 2)
    consumer.close()
    first.stop()


def cases():
    for client, name, options in strategies():
        yield f"{client.NAME}, {name}: share and take over", lambda stage, c=client, o=options: share_and_take_over(stage, c, o)
    for client, name, options in strategies():
        if name in ("range", "cooperative-sticky"):
            yield (f"{client.NAME}, {name}: a static member comes back",
                   lambda stage, c=client, o=options: static_member_comes_back(stage, c, o))
    yield "three makes in one group", mixed_clients
    yield "confluent-kafka: subscriptions change", subscriptions_change


def run_case(address, title, play):
    stage = Stage(address, title.split(":")[0])
    try:
        play(stage)
    except Exception as error:  # noqa: BLE001 - each case has its own verdict
        return f"{type(error).__name__}: {error}".replace("\n", " ")
    finally:
        stage.close()


def run(context):
    with Broker(context.kind, "group_clients", PROPERTIES) as broker:
        chosen = [case for case in cases() if not (context.quick and case[0].startswith(NOT_QUICK))]
        return {title: run_case(broker.address, title, play) for title, play in chosen}
