"""Scenes of consumer groups (KIP-848), played by hand on the wire: what each request is answered, field by field as Kafka answers
it, texts of errors included. Members of both protocols, groups that change from one to the other. Kafka's answers are kept in
baseline/consumer_groups.json."""

import json
import re
import struct

from harness import wire
from suites import answers, group_scenes

LOOKS_AT = "consumer groups on the wire: each request of a dozen scenes answered as by Kafka"
QUICK = True
# Kafka waits a second between two target assignments, we do not.
PROPERTIES = {"group.consumer.assignment.interval.ms": "0", "group.consumer.max.size": "3", "group.initial.rebalance.delay.ms": "0",
              "offsets.topic.num.partitions": "4", "log.flush.interval.messages": "1"}
TOPICS = {"cg-a": 4, "cg-b": 2}


class Member:
    """A client of one group with a connection of its own; it knows its id, its epoch and what it owns."""

    def __init__(self, scene, name, group, instance=None, topics=("cg-a",)):
        self.scene, self.name, self.group, self.instance, self.topics = scene, name, group, instance, list(topics)
        self.member, self.epoch, self.owned = name, 0, []
        self.connection = wire.Connection(scene.broker.address)

    def call(self, step, api, version, **values):
        self.connection.count += 1
        self.connection.socket.sendall(wire.frame(api, version, values, self.connection.count, client_id="wire"))
        data = self.connection.exactly(struct.unpack(">i", self.connection.exactly(4))[0])
        flexible = wire.versions(wire.definition(f"{api}Response").get("flexibleVersions"))(version)
        answer = wire.decode(f"{api}Response", version, data[5 if flexible else 4:])
        if api == "JoinGroup":
            self.member = answer["MemberId"] or self.member
            self.epoch = answer["GenerationId"] if answer["ErrorCode"] == 0 else self.epoch
            if answer["MemberId"]:
                self.scene.names.setdefault(answer["MemberId"], self.name)
        if api == "ConsumerGroupHeartbeat" and answer["MemberId"]:
            self.scene.names.setdefault(answer["MemberId"], self.name)
        self.scene.note(step, answer)
        return answer

    def beat(self, step, version=1, **more):
        """A heartbeat that says only what it is told to say; its answer is taken."""
        values = {"GroupId": self.group, "MemberId": self.member, "MemberEpoch": self.epoch, "InstanceId": self.instance,
                  "RackId": None, "RebalanceTimeoutMs": -1, "SubscribedTopicNames": None, "ServerAssignor": None,
                  "TopicPartitions": None}
        if version >= 1:
            values["SubscribedTopicRegex"] = None
        answer = self.call(step, "ConsumerGroupHeartbeat", version, **{**values, **more})
        if answer["ErrorCode"] == 0:
            self.member, self.epoch = answer["MemberId"], answer["MemberEpoch"]
            if answer["Assignment"] is not None:
                self.owned = answer["Assignment"]["TopicPartitions"]
        return answer

    def join(self, step, version=1, **more):
        self.owned = []
        values = {"MemberEpoch": 0, "RebalanceTimeoutMs": 30000, "SubscribedTopicNames": self.topics, "TopicPartitions": []}
        return self.beat(step, version, **{**values, **more})

    def report(self, step, **more):
        """A heartbeat with what it owns."""
        return self.beat(step, TopicPartitions=self.owned, **more)

    def commit(self, step, version=9, partition=0, **more):
        topics = [{"Name": "cg-a", "Partitions": [{"PartitionIndex": partition, "CommittedOffset": 7}]}]
        values = {"GroupId": self.group, "GenerationIdOrMemberEpoch": self.epoch, "MemberId": self.member, "Topics": topics}
        return self.call(step, "OffsetCommit", version, **{**values, **more})

    def fetch(self, step, epoch, member):
        group = {"GroupId": self.group, "MemberId": member, "MemberEpoch": epoch, "Topics": None}
        return self.call(step, "OffsetFetch", 9, Groups=[group])

    def describe(self, step, version=1):
        return self.call(step, "ConsumerGroupDescribe", version, GroupIds=[self.group])

    # The classic protocol.

    def classic_join(self, step, version=9, owned=(), topics=("cg-a",), **more):
        metadata = subscription(topics, owned)
        values = {"GroupId": self.group, "MemberId": self.member, "SessionTimeoutMs": 10000, "RebalanceTimeoutMs": 20000,
                  "GroupInstanceId": self.instance, "ProtocolType": "consumer",
                  "Protocols": [{"Name": "range", "Metadata": metadata}]}
        return self.call(step, "JoinGroup", version, **{**values, **more})

    def classic_enter(self, step, **more):
        """Joins, twice where an id is given out first."""
        self.member = ""
        if self.instance is None:
            self.classic_join(f"{step}: id", **more)
        return self.classic_join(step, **more)

    def classic_sync(self, step, assignments=(), **more):
        rows = [{"MemberId": member, "Assignment": data} for member, data in assignments]
        values = {"GroupId": self.group, "GenerationId": self.epoch, "MemberId": self.member, "GroupInstanceId": self.instance,
                  "ProtocolType": "consumer", "ProtocolName": "range", "Assignments": rows}
        return self.call(step, "SyncGroup", 5, **{**values, **more})

    def classic_beat(self, step, **more):
        values = {"GroupId": self.group, "GenerationId": self.epoch, "MemberId": self.member, "GroupInstanceId": self.instance}
        return self.call(step, "Heartbeat", 4, **{**values, **more})

    def classic_leave(self, step, **more):
        members = [{"MemberId": self.member, "GroupInstanceId": self.instance, **more}]
        return self.call(step, "LeaveGroup", 5, GroupId=self.group, Members=members)


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def by_topic(partitions):
    """Topics with partitions, as the embedded protocol writes them."""
    rows = b"".join(text(topic) + struct.pack(f">i{len(of)}i", len(of), *of) for topic, of in partitions)
    return struct.pack(">i", len(partitions)) + rows


def subscription(topics, owned=()):
    """ConsumerProtocolSubscription, version 1."""
    names = struct.pack(">i", len(topics)) + b"".join(text(topic) for topic in topics)
    return struct.pack(">h", 1) + names + struct.pack(">i", -1) + by_topic(list(owned))


def assignment(partitions):
    """ConsumerProtocolAssignment, version 1."""
    return struct.pack(">h", 1) + by_topic(partitions) + struct.pack(">i", -1)


class Scene:
    """What was answered, step by step."""

    def __init__(self, broker):
        self.broker, self.names, self.answers, self.title = broker, {}, {}, ""
        self.admin = Member(self, "admin", "")

    def note(self, step, answer):
        case = f"{self.title}: {step}"
        assert case not in self.answers, f"two steps are called {case}"
        self.answers[case] = self.plain(answer)

    def plain(self, value, name=""):
        """The answer as JSON: ids by name, addresses and times gone."""
        if isinstance(value, dict):
            return {key: self.plain(inner, key) for key, inner in sorted(value.items())}
        if isinstance(value, list):
            return sorted((self.plain(row, name) for row in value), key=lambda row: json.dumps(row, sort_keys=True))
        if isinstance(value, bytes):
            return value.hex() if len(value) != 16 else answers.masked(value, name)
        if name == "ThrottleTimeMs":
            return answers.masked(value, name)
        if isinstance(value, str):
            for identity, title in self.names.items():
                value = value.replace(identity, title)
            return re.sub(r"127\.0\.0\.1:\d+", "…", value)
        return value

    def member(self, name, group, **more):
        return Member(self, name, group, **more)


def lives(scene):
    for version in (0, 1):
        scene.title = f"a life in version {version}"
        one = scene.member("one", f"life-{version}")
        if version == 0:
            one.member = ""
        one.join("join", version)
        one.beat("heartbeat", version)
        one.describe("described", version)
        one.report("heartbeat with what it owns")
        one.beat("full heartbeat", version, RebalanceTimeoutMs=30000, SubscribedTopicNames=["cg-a"], TopicPartitions=one.owned)
        one.beat("another subscription", version, SubscribedTopicNames=["cg-b", "cg-none"])
        one.report("given back")
        one.describe("described with another subscription", version)
        one.beat("another assignor", version, ServerAssignor="range")
        one.describe("described with another assignor", version)
        one.join("joins again", version)
        one.commit("commit")
        one.commit("commit in version 8", 8)
        one.fetch("its offsets", one.epoch, one.member)
        scene.admin.call("delete while it is there", "DeleteGroups", 2, GroupsNames=[one.group])
        one.beat("leave", version, MemberEpoch=-1)
        one.beat("leave twice", version, MemberEpoch=-1)
        one.describe("described when it is empty", version)
        scene.admin.group = one.group
        scene.admin.commit("commit of an administrator", MemberId="", GenerationIdOrMemberEpoch=-1)
        scene.admin.call("deleted", "DeleteGroups", 2, GroupsNames=[one.group])
        one.describe("described when it is gone", version)


def invalid(scene):
    scene.title = "what makes no sense"
    one = scene.member("one", "invalid")
    one.join("no member id", MemberId="")
    one.join("a blank member id", MemberId=" ")
    one.join("no group id", GroupId="")
    one.join("an empty instance id", InstanceId="")
    one.join("an empty rack", RackId="")
    one.join("no rebalance timeout", RebalanceTimeoutMs=-1)
    one.join("no partitions", TopicPartitions=None)
    one.join("partitions", TopicPartitions=[{"TopicId": bytes(15) + b"\1", "Partitions": [0]}])
    one.join("no topics", SubscribedTopicNames=None)
    one.join("no topics in version 0", 0, SubscribedTopicNames=None)
    one.join("an unknown assignor", ServerAssignor="sticky")
    one.join("an empty assignor", ServerAssignor="")
    one.join("an invalid expression", SubscribedTopicNames=None, SubscribedTopicRegex="a(b")
    one.join("an epoch that is none", MemberEpoch=-3)
    one.join("away without an instance", MemberEpoch=-2)
    one.beat("leaves without an id", 0, MemberId="", MemberEpoch=-1)
    one.beat("comes without an id", 0, MemberId="", MemberEpoch=1)
    one.describe("and nothing is there")


def strangers(scene):
    scene.title = "strangers"
    two = scene.member("two", "nobody")
    for group, state in (("nobody", "no group"), ("strange", "a group")):
        if group == "strange":
            scene.member("one", group).join("one")
        two.group = group
        for epoch in (1, -1):
            two.beat(f"epoch {epoch}, {state}", MemberEpoch=epoch)
        two.instance = "instance"
        for epoch in (1, -1, -2):
            two.beat(f"instance and epoch {epoch}, {state}", MemberEpoch=epoch)
        two.instance = None
        two.commit(f"commit, {state}", MemberId="two", GenerationIdOrMemberEpoch=2)
        two.commit(f"commit without a member, {state}", MemberId="", GenerationIdOrMemberEpoch=-1)
        two.fetch(f"fetch, {state}", 2, "two")
        two.fetch(f"fetch without a member, {state}", -1, None)
        two.describe(f"describe, {state}")
        two.call(f"describe as classic, {state}", "DescribeGroups", 6, Groups=[group])


def epochs(scene):
    scene.title = "epochs"
    one, two = scene.member("one", "epochs"), scene.member("two", "epochs")
    one.join("one joins")
    two.join("two joins")
    one.describe("described while one has all")
    one.beat("one is told to give back")
    one.describe("described while one gives back")
    owned = one.owned
    one.beat("one says nothing")
    two.report("two waits")
    one.report("one has given back")
    one.beat("one says it again, in the epoch before", MemberEpoch=2, TopicPartitions=owned)
    one.beat("one claims more, in the epoch before", MemberEpoch=2, TopicPartitions=[{**owned[0], "Partitions": [0, 1, 2, 3]}])
    one.beat("one in the epoch before, without a word of what it owns", MemberEpoch=2)
    one.beat("one is ahead", MemberEpoch=9)
    one.beat("one is far behind", MemberEpoch=1)
    two.report("two has its share")
    two.describe("described when it is stable")
    kept = owned[0]["Partitions"][0]
    lost = two.owned[0]["Partitions"][0]
    for member, epoch, partition, title in ((one, 3, kept, "now"), (one, 2, kept, "the epoch before"), (one, 1, kept, "too old"),
                                            (one, 9, kept, "ahead"), (one, 2, lost, "what it had before"), (two, 2, lost, "before it was here")):
        member.commit(f"commit: {title}", partition=partition, GenerationIdOrMemberEpoch=epoch)
    one.commit("commit in version 5", 5)
    one.fetch("fetch in the epoch before", 2, "one")
    one.fetch("fetch now", 3, "one")
    third, fourth = scene.member("three", "epochs"), scene.member("four", "epochs")
    third.join("three joins")
    fourth.join("four finds no room")
    one.report("one keeps what is left to it")
    one.report("one has given back again")
    two.beat("two leaves", MemberEpoch=-1)
    one.beat("one, after two has left")
    third.report("three, after two has left")
    one.beat("one without topics", SubscribedTopicNames=[], TopicPartitions=one.owned)
    one.report("one, when it has given back all")
    third.report("three has everything")
    one.describe("described in the end")


def static(scene):
    scene.title = "static members"
    one, two = scene.member("one", "static", instance="i1"), scene.member("two", "static", instance="i2")
    one.join("one joins")
    two.join("two joins")
    one.report("one gives back")
    one.report("one has given back")
    two.report("two has its share")
    other = scene.member("other", "static", instance="i1")
    other.join("another one with its instance id")
    other.beat("another one with its instance id and epoch", MemberEpoch=3)
    other.beat("another one leaves in its name", MemberEpoch=-1)
    other.beat("another one is away in its name", MemberEpoch=-2)
    one.join("one joins again while it is there")
    one.beat("one is away", MemberEpoch=-2)
    two.report("two has nothing more")
    two.describe("described while one is away")
    one.beat("one, away, says something", MemberEpoch=3)
    other.join("another one takes its place")
    one.join("one comes too late")
    two.report("two, still")
    two.describe("described with another one")
    other.beat("another one leaves for good", MemberEpoch=-1)
    two.report("two has everything")
    dynamic = scene.member("dynamic", "static")
    dynamic.join("a dynamic one joins")
    dynamic.beat("it takes an instance id", InstanceId="i3")
    dynamic.describe("described with that")


def expressions(scene):
    scene.title = "expressions"
    one = scene.member("one", "expressions")
    one.join("an empty expression", SubscribedTopicRegex="")
    one.beat("an invalid one", SubscribedTopicRegex="[")
    one.beat("another invalid one", SubscribedTopicRegex="a{2000}")
    one.beat("one that looks back", SubscribedTopicRegex=r"(a)\1")
    one.beat("one that looks ahead", SubscribedTopicRegex="(?=a)b")
    one.report("and nothing has changed")


def large(scene):
    """What is too large for a batch is refused whole, and the member is as it was."""
    scene.title = "large words"
    one = scene.member("one", "large")
    one.join("thousands of names", SubscribedTopicNames=[f"{index:05}-{'n' * 200}" for index in range(2000)])
    one.beat("more names than a batch holds", SubscribedTopicNames=[f"{index:05}-{'n' * 200}" for index in range(8000)])
    one.beat("one still has its epoch")
    one.beat("a long expression", SubscribedTopicNames=[], SubscribedTopicRegex="n" * 30000)
    one.beat("many alternatives", SubscribedTopicRegex="|".join(f"t{index}" for index in range(5000)))
    one.beat("deep parentheses", SubscribedTopicRegex="(" * 40 + "a" + ")" * 40)
    one.beat("a large repetition", SubscribedTopicRegex="(a|b|c){900}")
    one.beat("a long assignor", ServerAssignor="a" * 30000)
    one.beat("a long rack", RackId="r" * 30000)
    two = scene.member("two", "large-" + "g" * 20000)
    two.join("a long group id")
    three = scene.member("m" * 30000, "large")
    scene.names["m" * 30000] = "three"
    three.join("a long member id")
    four = scene.member("four", "large-static", instance="i" * 30000)
    four.join("a long instance id")
    # Kafka matches expressions in the background, and the group's epoch rises when it has.
    for step in scene.answers:
        if step.startswith(scene.title):
            scene.answers[step]["MemberEpoch"] = answers.masked(scene.answers[step]["MemberEpoch"], "MemberEpoch")


def classic_groups(scene):
    scene.title = "groups of the other kind"
    one = scene.member("one", "other-consumer")
    one.join("one joins")
    two = scene.member("two", "other-consumer")
    two.call("described as classic", "DescribeGroups", 6, Groups=[one.group])
    two.classic_join("another type", ProtocolType="connect")
    two.classic_join("no protocols", Protocols=[])
    two.classic_join("bytes that say nothing", version=3, MemberId="", Protocols=[{"Name": "range", "Metadata": b"\0"}])
    one.classic_beat("a classic heartbeat of a member of the other kind")
    one.classic_sync("a classic sync of a member of the other kind")
    two.classic_beat("a classic heartbeat of nobody", GenerationId=2, MemberId="nobody")
    two.classic_sync("a classic sync of nobody", GenerationId=2, MemberId="nobody")
    two.classic_leave("nobody leaves", MemberId="nobody")
    two.classic_leave("an instance nobody has leaves", MemberId="", GroupInstanceId="nothing")
    one.classic_leave("a member of the other kind is removed", MemberId="one")
    one.beat("it hears of it")
    two.classic_enter("an empty group becomes a classic one", topics=("cg-b",))
    two.classic_sync("its leader assigns", [(two.member, assignment([("cg-b", [0, 1])]))])
    two.describe("described as a consumer group")
    three = scene.member("three", "other-connect")
    three.classic_enter("connect", ProtocolType="connect")
    new = scene.member("new", "other-connect")
    new.join("a consumer in a group of connect")
    new.beat("a heartbeat to a group of connect", MemberEpoch=2)
    new.beat("a good-bye to a group of connect", MemberEpoch=-1)
    three.classic_leave("connect leaves")
    new.join("an empty classic group becomes a consumer group")


def migration(scene):
    scene.title = "migration"
    old, new = scene.member("old", "migration"), scene.member("new", "migration")
    old.classic_enter("old joins")
    old.classic_sync("old assigns", [(old.member, assignment([("cg-a", [0, 1, 2, 3])]))])
    old.commit("old commits")
    new.join("new joins: the group is upgraded")
    new.describe("described after the upgrade")
    old.classic_beat("old hears of it")
    old.commit("old commits meanwhile")
    old.classic_join("old joins with all it has", owned=[("cg-a", [0, 1, 2, 3])])
    old.classic_sync("old learns what to keep")
    old.classic_beat("old has to come again")
    new.report("new waits")
    old.classic_join("old joins with what it keeps", owned=[("cg-a", [0, 1])])
    old.classic_sync("old keeps it")
    old.classic_beat("old is settled")
    new.report("new has its share")
    new.describe("described with both")
    old.classic_beat("old in an old generation", GenerationId=1)
    old.classic_sync("old syncs for another protocol", ProtocolName="roundrobin")
    old.classic_sync("old syncs for another type", ProtocolType="connect")
    old.commit("old commits in an old generation", GenerationIdOrMemberEpoch=0)
    old.commit("old commits ahead", GenerationIdOrMemberEpoch=99)
    third = scene.member("third", "migration")
    third.classic_join("third with another protocol", MemberId="", Protocols=[{"Name": "sticky", "Metadata": subscription(["cg-a"])}])
    third.classic_enter("third joins")
    third.classic_sync("third has nothing yet")
    new.beat("new leaves: the group is downgraded", MemberEpoch=-1)
    old.classic_beat("old hears of that")
    scene.admin.call("described after the downgrade", "ListGroups", 5, StatesFilter=[], TypesFilter=["consumer"])
    scene.answers["migration: described after the downgrade"]["Groups"] = [
        row for row in scene.answers["migration: described after the downgrade"]["Groups"] if row["GroupId"] == "migration"]


SCENES = [lives, invalid, strangers, epochs, static, expressions, large, classic_groups, migration]


def ask(broker):
    """The answers of all scenes, and what broke off."""
    return group_scenes.play(Scene(broker), TOPICS, SCENES)


def run(context):
    return group_scenes.judge(context, "consumer_groups", PROPERTIES, ask)
