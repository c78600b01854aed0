"""Groups whose node is Jackdaw, then Apache Kafka on a copy of the directory, then Jackdaw again: members go on in their
generation, committed offsets are there, and Kafka's tool reads what we wrote."""

import shutil
import time

from harness import cases, places, process
from harness.broker import Broker
from suites import classic_groups

LOOKS_AT = "groups that go from Jackdaw to Kafka and back: members, generations, offsets; kafka-dump-log.sh --offsets-decoder"
QUICK = False
OURS = True
NEEDS_KAFKA = True
GROUPS = ("hands", "Hände-Ω-手")
PARTITIONS = 4
SESSION_MS = 300_000
PROPERTIES = {"group.initial.rebalance.delay.ms": "200", "offsets.topic.num.partitions": "5", "offsets.retention.minutes": "1000000"}


class Hands:
    """The members of all groups, whoever their node is."""

    def __init__(self, broker):
        self.scene = classic_groups.Scene(broker)
        self.scene.title = "made"
        made = self.scene.admin.call("topic", "CreateTopics", 5, Topics=[
            {"Name": classic_groups.TOPIC, "NumPartitions": PARTITIONS, "ReplicationFactor": 1}])
        assert made["Topics"][0]["ErrorCode"] == 0, made
        self.members, self.offset = [], 10
        for group in GROUPS:
            self.settle(group)
            static = self.scene.member(f"static of {group}", group, instance="instance-ü", session=SESSION_MS)
            dynamic = self.scene.member(f"dynamic of {group}", group, session=SESSION_MS)
            classic_groups.stable(self.scene, static, dynamic)
            self.members += [static, dynamic]
        self.commit()

    def settle(self, group):
        """Waits until the group has a coordinator."""
        probe = self.scene.member("probe", group)
        deadline = time.monotonic() + 30
        while True:
            found = probe.call(f"{group} {time.monotonic()}", "FindCoordinator", 4, KeyType=0, CoordinatorKeys=[group])
            answer = probe.heartbeat(f"probe of {group} {time.monotonic()}")
            if (found["Coordinators"][0]["ErrorCode"], answer["ErrorCode"]) == (0, 25) or time.monotonic() > deadline:
                return
            time.sleep(0.1)

    def commit(self):
        """Each member commits one more."""
        self.offset += 1
        for member in self.members:
            answer = member.commit(f"{member.name} commits {self.offset}", offset=self.offset)
            cases.equal(answer["Topics"][0]["Partitions"][0]["ErrorCode"], 0, f"commit of {member.name}")

    def move(self, broker):
        """Another node has the groups now."""
        self.scene.broker, self.scene.title = broker, f"at {broker.kind} {time.monotonic()}"
        for member in [self.scene.admin, *self.members]:
            member.connection = classic_groups.wire.Connection(broker.address)
        for group in GROUPS:
            self.settle(group)

    def check(self):
        """Nobody has noticed the change: generation, assignments, descriptions, offsets are as they were."""
        for member in self.members:
            cases.equal(member.heartbeat(f"heartbeat of {member.name}")["ErrorCode"], 0, f"heartbeat of {member.name}")
            synced = member.sync(f"assignment of {member.name}")
            cases.equal((synced["ErrorCode"], synced["Assignment"].decode()), (0, member.name), f"assignment of {member.name}")
        for group in GROUPS:
            self.scene.admin.group = group
            described = self.scene.admin.describe(f"description of {group}")["Groups"][0]
            instances = sorted(str(member["GroupInstanceId"]) for member in described["Members"])
            cases.equal((described["GroupState"], described["ProtocolData"], instances), ("Stable", "range", ["None", "instance-ü"]), group)
            offsets = self.scene.admin.call(f"offsets of {group}", "OffsetFetch", 5, GroupId=group, Topics=None)
            cases.equal([part["CommittedOffset"] for part in offsets["Topics"][0]["Partitions"]], [self.offset], f"offsets of {group}")


def hand_over(giver, taker):
    """Stops one node, and starts the other on a copy of its directory."""
    giver.stop()
    shutil.rmtree(taker.data, ignore_errors=True)
    taker.data.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(giver.data, taker.data)
    taker.start(keep=True)


def dumped(data):
    """Kafka's tool reads our records of groups."""
    logs = sorted(str(path) for path in data.glob("__consumer_offsets-*/*.log") if path.stat().st_size)
    code, said = process.run([places.KAFKA_DIST / "bin" / "kafka-dump-log.sh", "--offsets-decoder", "--files", ",".join(logs)], seconds=60)
    cases.equal(code, 0, f"exit code of kafka-dump-log.sh: {said[-300:]}")
    for group in GROUPS:
        cases.contains(said, f'"group":"{group}"', '"groupInstanceId":"instance-ü"', '"protocolType":"consumer"', f'"topic":"{classic_groups.TOPIC}"')
    cases.equal("isvalid: false" in said, False, "an invalid batch")


def run(context):
    port = places.free_ports(2)
    ours, theirs = (Broker(kind, "groups_change_hands", PROPERTIES, port=port) for kind in ("jackdaw", "kafka"))
    ours.remove()
    outcomes = {}
    try:
        ours.start()
        hands = Hands(ours)
        for giver, taker in ((ours, theirs), (theirs, ours)):
            hand_over(giver, taker)
            hands.move(taker)
            outcomes[f"from {giver.kind} to {taker.kind}"] = cases.attempt(hands.check)
            outcomes[f"{taker.kind} goes on"] = cases.attempt(hands.commit)
        ours.stop()
        outcomes["kafka-dump-log.sh reads our groups"] = cases.attempt(dumped, ours.data)
    finally:
        for broker in (ours, theirs):
            broker.stop()
    return outcomes
