"""Scenes of classic groups, played by hand on the wire: what each request is answered, field by field as Kafka answers it. Member
ids are replaced by the names of the clients that they were given to. Kafka's answers are kept in baseline/classic_groups.json."""

import json
import re
import struct
import time

from harness import wire
from suites import answers, group_scenes

LOOKS_AT = "classic groups on the wire: each request of a hundred scenes answered as by Kafka"
QUICK = True
PROPERTIES = {"group.initial.rebalance.delay.ms": "300", "group.max.size": "3", "offsets.topic.num.partitions": "4",
              "log.flush.interval.messages": "1"}
TOPIC = "classic-groups"


def subscription(data):
    """What a consumer says that reads nothing, with data of its own."""
    return struct.pack(">hii", 1, 0, len(data)) + data


class Member:
    """A client of one group with a connection of its own; it knows its id and its generation."""

    def __init__(self, scene, name, group, instance=None, protocols=None, protocol_type="consumer", session=10000):
        self.scene, self.name, self.group, self.instance, self.session = scene, name, group, instance, session
        self.protocols = protocols or [("range", subscription(name.encode()))]
        self.protocol_type, self.member, self.generation = protocol_type, "", -1
        self.connection = wire.Connection(scene.broker.address)
        self.waits = None

    def send(self, api, version, **values):
        """Asks without waiting for the answer."""
        self.connection.count += 1
        self.connection.socket.sendall(wire.frame(api, version, values, self.connection.count, client_id="wire"))
        self.waits = (api, version)

    def receive(self, step):
        """The answer to what was asked."""
        api, version = self.waits
        data = self.connection.exactly(struct.unpack(">i", self.connection.exactly(4))[0])
        flexible = wire.versions(wire.definition(f"{api}Response").get("flexibleVersions"))(version)
        answer = wire.decode(f"{api}Response", version, data[5 if flexible else 4:])
        if api == "JoinGroup":
            self.member = answer["MemberId"] or self.member
            if answer["ErrorCode"] == 0:
                self.generation = answer["GenerationId"]
            if answer["ErrorCode"] in (0, 79) and answer["MemberId"]:
                self.scene.names.setdefault(answer["MemberId"], self.name)
        self.scene.note(step, api, version, answer)
        return answer

    def call(self, step, api, version, **values):
        self.send(api, version, **values)
        return self.receive(step)

    def send_join(self, version=9, **more):
        values = {"GroupId": self.group, "MemberId": self.member, "SessionTimeoutMs": self.session,
                  "ProtocolType": self.protocol_type,
                  "Protocols": [{"Name": name, "Metadata": metadata} for name, metadata in self.protocols]}
        if version >= 1:
            values["RebalanceTimeoutMs"] = 5000
        if version >= 5:
            values["GroupInstanceId"] = self.instance
        self.send("JoinGroup", version, **{**values, **more})

    def join(self, step, version=9, **more):
        self.send_join(version, **more)
        return self.receive(step)

    def enter(self, step, version=9):
        """Joins, twice where an id is given out first, and does not wait for the end."""
        if version >= 4 and self.instance is None:
            self.join(f"{step}: id", version)
        self.send_join(version)

    def sync(self, step, assignments=(), version=5, **more):
        self.send_sync(assignments, version, **more)
        return self.receive(step)

    def send_sync(self, assignments=(), version=5, **more):
        values = {"GroupId": self.group, "GenerationId": self.generation, "MemberId": self.member,
                  "Assignments": [{"MemberId": member.member, "Assignment": text} for member, text in assignments]}
        if version >= 3:
            values["GroupInstanceId"] = self.instance
        if version >= 5:
            values.update(ProtocolType=self.protocol_type, ProtocolName=self.protocols[0][0])
        self.send("SyncGroup", version, **{**values, **more})

    def heartbeat(self, step, version=4, **more):
        values = {"GroupId": self.group, "GenerationId": self.generation, "MemberId": self.member}
        if version >= 3:
            values["GroupInstanceId"] = self.instance
        return self.call(step, "Heartbeat", version, **{**values, **more})

    def leave(self, step, version=5, members=None):
        if version < 3:
            return self.call(step, "LeaveGroup", version, GroupId=self.group, MemberId=self.member)
        members = members if members is not None else [{"MemberId": self.member, "GroupInstanceId": self.instance}]
        return self.call(step, "LeaveGroup", version, GroupId=self.group, Members=members)

    def commit(self, step, version=9, offset=7, **more):
        values = {"GroupId": self.group, "GenerationIdOrMemberEpoch": self.generation, "MemberId": self.member}
        values["Topics"] = [{"Name": TOPIC, "Partitions": [{"PartitionIndex": 0, "CommittedOffset": offset}]}]
        if version >= 7:
            values["GroupInstanceId"] = self.instance
        return self.call(step, "OffsetCommit", version, **{**values, **more})

    def describe(self, step, version=6):
        return self.call(step, "DescribeGroups", version, Groups=[self.group])


class Scene:
    """What was answered, step by step."""

    def __init__(self, broker):
        self.broker, self.names, self.answers, self.title = broker, {}, {}, ""
        self.admin = Member(self, "admin", "")

    def note(self, step, api, version, answer):
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
            return value.hex() if len(value) < 64 else f"{len(value)} bytes"
        if name == "ThrottleTimeMs" or name.lower().endswith("errormessage"):
            return answers.masked(value, name)
        if isinstance(value, str):
            return re.sub(r"127\.0\.0\.1:\d+", "…", self.names.get(value, value))
        return value

    def member(self, name, group, **more):
        return Member(self, f"{name}", group, **more)


def stable(scene, *members):
    """All of them join; the first leads and assigns to each its own name."""
    for member in members:
        member.enter(f"enter {member.name}")
        time.sleep(0.05)
    answered = [(member, member.receive(f"joined {member.name}")) for member in members]
    leader = next(member for member, answer in answered if answer["Members"])
    for member, _ in answered:
        if member is not leader:
            member.send_sync()
    leader.sync(f"synced {leader.name}", [(member, member.name.encode()) for member in members])
    for member, _ in answered:
        if member is not leader:
            member.receive(f"synced {member.name}")
    return leader


def every_version(scene):
    for version in range(0, 10):
        scene.title = f"a life in version {version}"
        one = scene.member("one", f"life-{version}")
        one.enter("enter", version)
        one.receive("joined")
        one.describe("described while it completes", min(version, 6))
        one.heartbeat("heartbeat before the sync", min(version, 4))
        one.commit("commit before the sync", min(version + 2, 9))
        one.sync("synced", [(one, b"all")], min(version, 5))
        one.heartbeat("heartbeat", min(version, 4))
        one.commit("commit", min(version + 2, 9))
        one.describe("described", min(version, 6))
        one.call("its offsets", "OffsetFetch", min(max(version, 2), 7), GroupId=one.group, Topics=None)
        one.leave("left", min(version, 5))
        one.describe("described when it is empty", min(version, 6))
        one.leave("left twice", min(version, 5))
        one.call("deleted", "DeleteGroups", min(version, 2), GroupsNames=[one.group])
        one.describe("described when it is gone", min(version, 6))


def strangers(scene):
    scene.title = "strangers"
    for group, state in (("nobody", "no group"), ("", "no group id"), ("strange", "a stable group")):
        if group == "strange":
            stable(scene, scene.member("one", group))
        two = scene.member("two", group)
        two.member, two.generation = "two-1", 1
        two.join(f"join, {state}")
        two.instance = "instance"
        two.join(f"join with instance, {state}")
        two.instance = None
        two.sync(f"sync, {state}")
        two.heartbeat(f"heartbeat, {state}")
        two.commit(f"commit, {state}")
        two.commit(f"commit of version 8, {state}", 8)
        two.leave(f"leave, {state}")
        two.leave(f"leave in version 2, {state}", 2)
        two.leave(f"nobody leaves, {state}", members=[])
        two.call(f"delete, {state}", "DeleteGroups", 2, GroupsNames=[group])
        two.describe(f"describe, {state}")
        two.describe(f"describe in version 5, {state}", 5)
        two.member, two.generation = "", -1
        if group != "nobody":
            two.commit(f"commit from outside, {state}")


def refused(scene):
    scene.title = "refused joins"
    one = scene.member("one", "refused", protocols=[("range", subscription(b"1")), ("robin", subscription(b"2"))])
    stable(scene, one)
    cases = {
        "short session": {"SessionTimeoutMs": 5999}, "long session": {"SessionTimeoutMs": 1800001},
        "no session": {"SessionTimeoutMs": -1}, "another type": {"ProtocolType": "connect"}, "no type": {"ProtocolType": ""},
        "no protocols": {"Protocols": []}, "another protocol": {"Protocols": [{"Name": "sticky", "Metadata": b""}]},
    }
    for story, values in cases.items():
        for version in (0, 4, 9):
            scene.member("two", "refused").join(f"{story}, version {version}", version, **values)
            scene.member("two", "refused-new").join(f"{story}, version {version}, new group", version, **values)
        one.join(f"{story}, known member", **values)
    one.heartbeat("one is in it still")
    one.generation = 0
    one.heartbeat("old generation")
    one.sync("sync of an old generation")
    one.commit("commit of an old generation")
    one.generation = 1
    one.sync("another protocol's sync", ProtocolName="robin")
    one.sync("another type's sync", ProtocolType="connect")
    one.sync("sync again")
    one.commit("commit without a generation", GenerationIdOrMemberEpoch=-1)
    one.commit("commit from outside", GenerationIdOrMemberEpoch=-1, MemberId="")


def static(scene):
    for version in (5, 8, 9):
        scene.title = f"static members, version {version}"
        group = f"static-{version}"
        s, a = scene.member("s", group, instance="i"), scene.member("a", group, protocols=[("range", subscription(b"a"))])
        leader = stable(scene, s, a)
        assert leader is s
        again = scene.member("s2", group, instance="i", protocols=[("range", subscription(b"s"))])
        again.join("the leader comes back", version)
        again.sync("and syncs", version=min(version - 2, 5))
        s.heartbeat("the old one's heartbeat")
        s.join("the old one's join", version)
        s.sync("the old one's sync")
        s.commit("the old one's commit")
        s.leave("the old one leaves")
        a.heartbeat("the other one heard of nothing")
        again.describe("described")
        changed = scene.member("s3", group, instance="i", protocols=[("range", subscription(b"changed"))])
        changed.join("it comes back with other metadata", version)
        changed.describe("described with other metadata")
        changed.leave("an administrator removes it", members=[{"MemberId": "", "GroupInstanceId": "i"}, {"MemberId": "", "GroupInstanceId": "j"}])
        a.heartbeat("the other one hears of that")
        a.join("and is alone", version)


def rebalance(scene):
    scene.title = "two generations"
    a, b = scene.member("a", "two"), scene.member("b", "two")
    stable(scene, a)
    b.join("b: id")
    a.heartbeat("an id changes nothing")
    b.send_join()
    time.sleep(0.2)
    a.heartbeat("a hears of b")
    a.commit("a commits before it joins")
    a.sync("a's sync now")
    scene.admin.group = "two"
    scene.admin.describe("described while it prepares")
    a.send_join()
    joined = {member.name: member.receive(f"{member.name} has joined") for member in (a, b)}
    leader, other = (a, b) if joined["a"]["Members"] else (b, a)
    scene.admin.describe("described while it completes")
    other.send_sync()
    other_again = scene.member(other.name, "two")
    other_again.member, other_again.generation = other.member, other.generation
    other_again.join("the follower joins again with the same metadata")
    leader.sync("the leader assigns for one only, and one who left", [(other, b"x"), (scene.member("gone", "two"), b"y")])
    other.receive("the follower has it")
    other.join("the follower joins again")
    other.protocols = [("range", subscription(b"new"))]
    other.send_join()
    time.sleep(0.2)
    leader.heartbeat("the leader hears of new metadata")
    leader.leave("the leader leaves")
    other.receive("the follower leads alone")
    other.leave("it leaves before it has synced")
    other.describe("nobody is left")


def waiting(scene):
    scene.title = "who waits hears what happens"
    a, b = scene.member("a", "waiting"), scene.member("b", "waiting")
    stable(scene, a)
    b.enter("enter b")
    time.sleep(0.1)
    a.leave("b is removed while it joins", members=[{"MemberId": b.member, "GroupInstanceId": None}])
    b.receive("b hears so")
    a.heartbeat("a hears of a rebalance")
    a.join("a is alone")
    b.member = ""
    b.enter("b again")
    time.sleep(0.1)
    a.send_sync([(a, b"x")])
    a.receive("a's sync is late")
    p = scene.member("p", "waiting")
    p.join("p: id")
    p.instance = "instance"
    a.leave("p leaves", members=[{"MemberId": p.member, "GroupInstanceId": None}])


def sizes(scene):
    scene.title = "a group of three at most"
    members = [scene.member(name, "size") for name in "abcd"]
    for member in members[:3]:
        member.enter(f"enter {member.name}")
        time.sleep(0.05)
    members[3].join("d, while they gather")
    for member in members[:3]:
        member.receive(f"joined {member.name}")
    members[3].join("d, while it completes")


def large(scene):
    scene.title = "large metadata"
    for size in (900_000, 1_100_000):
        one = scene.member("one", f"large-{size}", protocols=[("range", bytes(size))])
        one.enter(f"enter with {size} bytes")
        one.receive(f"joined with {size} bytes")
        one.sync(f"synced with {size} bytes", [(one, b"all")])
        one.leave(f"left with {size} bytes")
        one.describe(f"described after {size} bytes")


def lists(scene):
    scene.title = "lists"
    stable(scene, scene.member("one", "list-stable", protocol_type="connect"))
    scene.admin.group = "list-simple"
    scene.admin.commit("a simple group")
    scene.admin.describe("a simple group described")
    for version in range(0, 6):
        more = {"StatesFilter": ["stable"]} if version >= 4 else {}
        answer = scene.admin.call(f"groups in version {version}", "ListGroups", version, **more)
        kept = [row for row in answer["Groups"] if row["GroupId"].startswith("list-")]
        scene.answers[f"lists: groups in version {version}"]["Groups"] = scene.plain(kept)
    for states, types in ((["EMPTY"], []), ([], ["Classic"]), ([], ["consumer"]), (["Dead"], []), (["nonsense"], []), ([], ["nonsense"])):
        title = f"states {states}, types {types}"
        answer = scene.admin.call(title, "ListGroups", 5, StatesFilter=states, TypesFilter=types)
        kept = [row for row in answer["Groups"] if row["GroupId"].startswith("list-")]
        scene.answers[f"lists: {title}"]["Groups"] = scene.plain(kept)


SCENES = [every_version, strangers, refused, static, rebalance, waiting, sizes, large, lists]


def ask(broker):
    """The answers of all scenes, and what broke off."""
    return group_scenes.play(Scene(broker), {TOPIC: 1}, SCENES)


def run(context):
    return group_scenes.judge(context, "classic_groups", PROPERTIES, ask)
