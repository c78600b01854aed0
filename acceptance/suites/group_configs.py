"""Configurations of groups on the wire: DescribeConfigs with sources and synonyms, IncrementalAlterConfigs and AlterConfigs with
values that are allowed and not, ListConfigResources, and what a change does to a group that runs. Field by field as Kafka
answers; texts only as far as there is one. Kafka's answers are kept in baseline/group_configs.json."""

import json

from harness import cases
from suites import answers, consumer_groups, group_scenes

LOOKS_AT = "configurations of groups: described, changed, refused, listed, and obeyed by groups that run"
QUICK = True
PROPERTIES = {"group.consumer.assignment.interval.ms": "0", "group.initial.rebalance.delay.ms": "0", "offsets.topic.num.partitions": "4",
              "group.consumer.min.session.timeout.ms": "1000", "group.consumer.session.timeout.ms": "40000",
              "log.flush.interval.messages": "1"}
TOPICS = {"cg-a": 4}
TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3
OF_GROUP = 8  # the source of what was set for the group itself
SESSION, HEARTBEAT, ASSIGNMENT = "consumer.session.timeout.ms", "consumer.heartbeat.interval.ms", "consumer.assignment.interval.ms"
# Long enough that a group was told, and far below the session that held before.
TOLD_WITHIN_S = 20


class Scene(consumer_groups.Scene):
    """Answers with the order of synonyms, and without the words of errors and documentation."""

    def plain(self, value, name=""):
        if name == "Synonyms":
            return [self.plain(row) for row in value]
        if name in ("ErrorMessage", "Documentation"):
            return answers.masked(value, name)
        return super().plain(value, name)

    def describe(self, step, name, keys=None, version=4, kind=GROUP, **fields):
        row = {"ResourceType": kind, "ResourceName": name, "ConfigurationKeys": keys}
        return self.admin.call(step, "DescribeConfigs", version, Resources=[row], **{"IncludeSynonyms": True, **fields})

    def change(self, step, name, *rows, version=1, kind=GROUP, **fields):
        rows = [{"Name": key, "ConfigOperation": how, "Value": value} for key, how, value in rows]
        resources = [{"ResourceType": kind, "ResourceName": name, "Configs": rows}]
        answer = self.admin.call(step, "IncrementalAlterConfigs", version, Resources=resources, **fields)
        if kind == GROUP and not fields.get("ValidateOnly"):
            self.settle(answer, name, {row["Name"]: row["Value"] for row in rows})
        return answer

    def settle(self, answer, name, expected):
        """A broker's metadata follows its controller's: waits until the broker has what was just set, or has it no more (None)."""
        if any(row["ErrorCode"] for row in answer["Responses"]) or not expected:
            return
        def has_it(at):
            row = self.describe(f"settled {at}", name, list(expected))["Results"][0]
            found = {config["Name"]: config["Value"] if config["ConfigSource"] == OF_GROUP else None for config in row["Configs"]}
            return found == {key: None if value is None else value.strip() for key, value in expected.items()}
        self.until(f"{name} has {expected}", has_it)

    def replace(self, step, name, rows, version=2, **fields):
        rows = [{"Name": key, "Value": value} for key, value in rows.items()]
        answer = self.admin.call(step, "AlterConfigs", version, Resources=[{"ResourceType": GROUP, "ResourceName": name, "Configs": rows}], **fields)
        if not fields.get("ValidateOnly"):
            self.settle(answer, name, {SESSION: None, HEARTBEAT: None, **{row["Name"]: row["Value"] for row in rows}})
        return answer

    def list(self, step, kinds=(), version=1):
        return self.admin.call(step, "ListConfigResources", version, **({"ResourceTypes": list(kinds)} if version else {}))

    def until(self, what, look):
        """Waits until `look(number of the try)` is true; the tries are no part of what is compared."""
        tries = iter(range(1_000_000))

        def is_so():
            before = dict(self.answers)
            try:
                return look(next(tries))
            finally:
                self.answers = before

        cases.eventually(is_so, what, TOLD_WITHIN_S)


def described(scene):
    scene.title = "described"
    for version in (1, 2, 3, 4):
        scene.describe(f"all, nothing set, v{version}", "fresh", version=version)
        scene.describe(f"without synonyms, v{version}", "fresh", version=version, IncludeSynonyms=False)
        scene.describe(f"some, v{version}", "fresh", [SESSION, HEARTBEAT, "no.such"], version=version)
        scene.change(f"set for v{version}", f"own-{version}", (SESSION, SET, "50000"), (HEARTBEAT, SET, "6000"))
        scene.describe(f"with its own, v{version}", f"own-{version}", version=version)
    scene.describe("with documentation", "own-4", IncludeDocumentation=True)
    scene.describe("no key", "own-4", [])
    scene.describe("no name", "")
    scene.change("the brokers' assignment interval", "", (f"group.{ASSIGNMENT}", SET, "700"), kind=BROKER)
    scene.until("the broker has it", lambda at: "700" in json.dumps(scene.describe(f"try {at}", "fresh", [ASSIGNMENT])))
    scene.describe("after a change of all brokers", "fresh", [ASSIGNMENT])
    scene.change("its own assignment interval", "own-1", (ASSIGNMENT, SET, "900"))
    scene.describe("its own over that of all brokers", "own-1", [ASSIGNMENT])
    scene.change("the brokers' assignment interval, back", "", (f"group.{ASSIGNMENT}", DELETE, None), kind=BROKER)
    scene.until("the broker has it no more", lambda at: "700" not in json.dumps(scene.describe(f"try back {at}", "fresh", [ASSIGNMENT])))
    rows = [{"ResourceType": kind, "ResourceName": name, "ConfigurationKeys": [SESSION]} for kind, name in ((GROUP, "own-1"), (GROUP, "own-2"), (TOPIC, "nobody"))]
    scene.admin.call("several at once", "DescribeConfigs", 4, Resources=rows)


def changed(scene):
    scene.title = "changed"
    good = {SESSION: "50000", HEARTBEAT: "6000", ASSIGNMENT: "500", "share.session.timeout.ms": "50000", "share.heartbeat.interval.ms": "6000",
            "share.record.lock.duration.ms": "20000", "share.auto.offset.reset": "earliest", "share.isolation.level": "read_committed",
            "share.delivery.count.limit": "4", "share.partition.max.record.locks": "1000", "streams.session.timeout.ms": "50000",
            "streams.heartbeat.interval.ms": "6000", "streams.num.standby.replicas": "1", "streams.initial.rebalance.delay.ms": "100"}
    for key, value in good.items():
        scene.change(f"{key} set", "good", (key, SET, value))
    scene.describe("with all of them", "good")
    bad = {SESSION: ("soon", "", None, "-1", "0", "999", "60001", "4000", "99999999999", " 50000 "), HEARTBEAT: ("0", "99", "15001", "45000"),
           ASSIGNMENT: ("-1", "15001"), "share.auto.offset.reset": ("sometime", "by_duration:PT1H", "by_duration:x", "by_duration:-PT1H"), "share.isolation.level": ("none",),
           "share.record.lock.duration.ms": ("10", "99999999"), "share.delivery.count.limit": ("1", "11"), "share.partition.max.record.locks": ("1", "9999"),
           "streams.num.standby.replicas": ("-1", "3"), "streams.session.timeout.ms": ("44999", "60001")}
    for key, values in bad.items():
        for value in values:
            scene.change(f"{key} to {value!r}", "bad", (key, SET, value))
    for version in (0, 1):
        scene.change(f"unknown, v{version}", "bad", ("no.such", SET, "1"), version=version)
        scene.change(f"a broker's, v{version}", "bad", ("group.consumer.session.timeout.ms", SET, "50000"), version=version)
        scene.change(f"a topic's, v{version}", "bad", ("retention.ms", SET, "50000"), version=version)
        scene.change(f"no group, v{version}", "", (SESSION, SET, "50000"), version=version)
        scene.change(f"nothing, v{version}", "bad", version=version)
        scene.change(f"checked only, v{version}", f"checked-{version}", (SESSION, SET, "50000"), version=version, ValidateOnly=True)
        scene.change(f"checked only and bad, v{version}", f"checked-{version}", (SESSION, SET, "5"), version=version, ValidateOnly=True)
        scene.change(f"append, v{version}", "bad", (SESSION, APPEND, "50000"), version=version)
        scene.change(f"subtract, v{version}", "bad", (SESSION, SUBTRACT, "50000"), version=version)
        scene.change(f"an unknown operation, v{version}", "bad", (SESSION, 9, "50000"), version=version)
        scene.change(f"delete what is not set, v{version}", "bad", (SESSION, DELETE, None), version=version)
        scene.change(f"the same twice, v{version}", "bad", (SESSION, SET, "50000"), (SESSION, SET, "51000"), version=version)
        scene.change(f"good and bad together, v{version}", "bad", (SESSION, SET, "50000"), (HEARTBEAT, SET, "1"), version=version)
        scene.change(f"a long name, v{version}", "n" * 300, (SESSION, SET, "50000"), version=version)
    rows = [{"ResourceType": GROUP, "ResourceName": name, "Configs": [{"Name": SESSION, "ConfigOperation": SET, "Value": value}]}
            for name, value in (("both-good", "50000"), ("both-bad", "5"))]
    scene.admin.call("one good and one bad group", "IncrementalAlterConfigs", 1, Resources=rows)
    scene.admin.call("a group twice", "IncrementalAlterConfigs", 1, Resources=[rows[0], rows[0]])
    scene.describe("nothing of what was refused", "bad")
    scene.describe("nothing of what was only checked", "checked-1")
    scene.describe("the good one of two", "both-good", [SESSION])


def replaced(scene):
    scene.title = "replaced"
    for version in (0, 1, 2):
        name = f"replaced-{version}"
        scene.replace(f"two, v{version}", name, {SESSION: "50000", HEARTBEAT: "6000"}, version)
        scene.describe(f"two are there, v{version}", name, [SESSION, HEARTBEAT])
        scene.replace(f"one, v{version}", name, {SESSION: "51000"}, version)
        scene.describe(f"one is there, v{version}", name, [SESSION, HEARTBEAT])
        scene.replace(f"a bad one, v{version}", name, {SESSION: "5"}, version)
        scene.replace(f"an unknown one, v{version}", name, {"no.such": "5"}, version)
        scene.replace(f"checked only, v{version}", name, {}, version, ValidateOnly=True)
        scene.describe(f"still there, v{version}", name, [SESSION])
        scene.replace(f"none, v{version}", name, {}, version)
        scene.describe(f"none is there, v{version}", name, [SESSION])
        scene.replace(f"no group, v{version}", "", {SESSION: "50000"}, version)


def listed(scene):
    scene.title = "listed"
    scene.list("version 0", version=0)
    for kinds in ([], [GROUP], [GROUP, METRICS], [GROUP, GROUP], [TOPIC, GROUP], [BROKER, LOGGER, GROUP], [0], [99, GROUP]):
        scene.list(f"kinds {kinds}", kinds)
    scene.change("one more", "listed", (SESSION, SET, "50000"))
    scene.list("one more is there", [GROUP])
    scene.change("one less", "listed", (SESSION, DELETE, None))
    scene.list("it is gone", [GROUP])
    scene.change("subscription to metrics", "m", ("interval.ms", SET, "50000"), kind=METRICS)
    scene.list("version 0 with metrics", version=0)
    scene.list("groups and metrics", [GROUP, METRICS])


def obeyed(scene):
    """What is set holds for the next heartbeat of a group that runs."""
    scene.title = "obeyed"
    one, two = scene.member("one", "running"), scene.member("two", "running")
    one.join("one joins")
    scene.change("a heartbeat interval of its own", "running", (HEARTBEAT, SET, "3000"))
    scene.change("a heartbeat interval below the limit of the broker", "running", (HEARTBEAT, SET, "50"))
    scene.until("the group was told", lambda at: one.beat(f"try {at}")["HeartbeatIntervalMs"] == 3000)
    one.beat("one hears of it")
    two.join("two joins, and hears of it")
    one.report("one gives back")
    one.report("one has given back")
    two.report("two has its share")
    scene.change("a short session", "running", (SESSION, SET, "1000"), (HEARTBEAT, SET, "500"))
    scene.until("the group was told of the session", lambda at: one.beat(f"session {at}")["HeartbeatIntervalMs"] == 500)
    two.beat("two is heard of for the last time")

    def two_is_gone(at):
        one.report(f"alone {at}")
        return len(one.describe(f"who is there {at}")["Groups"][0]["Members"]) == 1

    scene.until("two is gone", two_is_gone)
    one.report("one has everything")
    one.describe("described")
    two.beat("two is unknown now")
    scene.change("back to the brokers' settings", "running", (SESSION, DELETE, None), (HEARTBEAT, DELETE, None))
    scene.until("the group was told of that", lambda at: one.beat(f"back {at}")["HeartbeatIntervalMs"] == 5000)
    one.beat("one hears of that")
    one.beat("one leaves", MemberEpoch=-1)
    scene.change("set for a group that is deleted", "running", (SESSION, SET, "50000"))
    scene.admin.call("the group is deleted", "DeleteGroups", 2, GroupsNames=["running"])
    scene.describe("a deleted group keeps what was set for it", "running", [SESSION])


SCENES = [described, changed, replaced, listed, obeyed]


def ask(broker):
    """The answers of all scenes, and what broke off."""
    return group_scenes.play(Scene(broker), TOPICS, SCENES)


def run(context):
    return group_scenes.judge(context, "group_configs", PROPERTIES, ask)
