"""Committed offsets on the wire: OffsetCommit, OffsetFetch, OffsetDelete in every version, with topics by name and by id, topics that
are unknown, deleted and made again, and what makes no sense; FindCoordinator, DeleteGroups and authorized operations in every
version. Field by field as Kafka answers. Kafka's answers are kept in baseline/offsets.json."""

import uuid

from harness import cases
from suites import answers, consumer_groups, group_scenes

LOOKS_AT = "committed offsets: commits, fetches and deletions in every version, by name and by id; coordinators and groups beside them"
QUICK = True
PROPERTIES = {"group.consumer.assignment.interval.ms": "0", "group.initial.rebalance.delay.ms": "0", "offsets.topic.num.partitions": "4",
              "group.consumer.max.size": "3", "log.flush.interval.messages": "1"}
TOPICS = {"cg-a": 4, "off-b": 2}
UNKNOWN = uuid.UUID("6f6e6c79-6166-4061-8b65-746f70696331").bytes
ZERO = bytes(16)


class Scene(consumer_groups.Scene):
    """Answers without addresses and the words of errors."""

    def plain(self, value, name=""):
        if name in ("ErrorMessage", "Host", "Port"):
            return answers.masked(value, name)
        return super().plain(value, name)

    def call(self, step, api, version, **values):
        return self.admin.call(step, api, version, **values)

    def ids(self, *names):
        """Ids of topics, once the broker knows all of them."""
        found = {}

        def are_known():
            kept = dict(self.answers)
            answer = self.call("ids", "Metadata", 12, Topics=[{"Name": name, "TopicId": ZERO} for name in names], AllowAutoTopicCreation=False)
            self.answers = kept
            found.update({topic["Name"]: topic["TopicId"] for topic in answer["Topics"] if not topic["ErrorCode"]})
            return set(names) <= set(found)

        cases.eventually(are_known, f"{names} are known")
        return [found[name] for name in names]

    def commit(self, step, group, version, *topics, **more):
        """`topics`: (name, or id from version 10 on, partitions as dictionaries)."""
        rows = []
        for topic, partitions in topics:
            partitions = [{"PartitionIndex": 0, "CommittedOffset": 7, "CommittedMetadata": "note", **one} for one in partitions]
            rows.append({"TopicId" if version >= 10 else "Name": topic, "Partitions": partitions})
        return self.call(step, "OffsetCommit", version, **{"GroupId": group, "MemberId": "", "Topics": rows, **more})

    def fetch(self, step, group, version, topics, **more):
        """`topics`: (name or id, partitions), or None for all."""
        if version < 8:
            rows = None if topics is None else [{"Name": topic, "PartitionIndexes": of} for topic, of in topics]
            return self.call(step, "OffsetFetch", version, GroupId=group, Topics=rows, **more)
        key = "TopicId" if version >= 10 else "Name"
        rows = None if topics is None else [{key: topic, "PartitionIndexes": of} for topic, of in topics]
        return self.call(step, "OffsetFetch", version, Groups=[{"GroupId": group, "Topics": rows}], **more)

    def until(self, what, look):
        """Waits until `look()` is true; what is answered meanwhile is not compared."""
        kept = dict(self.answers)

        def is_so():
            self.answers = dict(kept)
            try:
                return look()
            finally:
                self.answers = dict(kept)

        cases.eventually(is_so, what, 20)


def versions(scene):
    scene.title = "every version"
    a, b = scene.ids("cg-a", "off-b")
    for version in range(2, 11):
        group = f"version-{version}"
        first, second = ("cg-a", "off-b") if version < 10 else (a, b)
        more = {"CommittedLeaderEpoch": 0} if version >= 6 else {}
        retention = {"RetentionTimeMs": 86_400_000} if version <= 4 else {}
        scene.commit(f"commit, v{version}", group, version, (first, [more, {"PartitionIndex": 2, "CommittedOffset": 9, **more}]), (second, [more]), **retention)
        for reader in range(1, 11):
            first, second = ("cg-a", "off-b") if reader < 10 else (a, b)
            scene.fetch(f"of v{version}, fetched in v{reader}", group, reader, [(first, [0, 1, 2]), (second, [1, 0])])
            if reader >= 2:
                scene.fetch(f"of v{version}, all fetched in v{reader}", group, reader, None)
            if reader >= 7:
                scene.fetch(f"of v{version}, stable ones fetched in v{reader}", group, reader, [(first, [0])], RequireStable=True)


def strange_commits(scene):
    scene.title = "strange commits"
    a, b = scene.ids("cg-a", "off-b")
    for version in (2, 8, 9, 10):
        known, other, unknown = ("cg-a", "off-b", "off-none") if version < 10 else (a, b, UNKNOWN)

        def commit(step, *topics, group="strange", **more):
            scene.commit(f"{step}, v{version}", group, version, *topics, **more)
        commit("an unknown topic", (unknown, [{}]))
        commit("a known and an unknown topic", (known, [{}]), (unknown, [{}, {"PartitionIndex": 1}]), (other, [{}]))
        commit("no name and no id", ("" if version < 10 else ZERO, [{}]))
        commit("an unknown partition", (known, [{"PartitionIndex": 99}]))
        commit("a negative partition", (known, [{"PartitionIndex": -1}]))
        commit("a negative offset", (known, [{"PartitionIndex": 1, "CommittedOffset": -5}]))
        commit("offset -1", (known, [{"PartitionIndex": 1, "CommittedOffset": -1}]))
        commit("the largest offset", (known, [{"PartitionIndex": 1, "CommittedOffset": (1 << 63) - 1}]))
        commit("no topics")
        commit("no partitions", (known, []))
        commit("no metadata", (known, [{"PartitionIndex": 2, "CommittedMetadata": None}]))
        commit("empty metadata", (known, [{"PartitionIndex": 2, "CommittedMetadata": ""}]))
        commit("as much metadata as there may be", (known, [{"CommittedMetadata": "x" * 4096}]))
        commit("as many letters beyond the first plane", (known, [{"CommittedMetadata": "\U0001f41f" * 2048}]))
        commit("too much metadata, and one that is well", (known, [{"CommittedMetadata": "x" * 4097}, {"PartitionIndex": 3}]))
        commit("the same partition twice", (known, [{"PartitionIndex": 3, "CommittedOffset": 1}, {"PartitionIndex": 3, "CommittedOffset": 2}]))
        commit("the same topic twice", (known, [{"PartitionIndex": 3, "CommittedOffset": 3}]), (known, [{"PartitionIndex": 3, "CommittedOffset": 4}]))
        commit("no group id", (known, [{}]), group="")
        commit("a member of no group", (known, [{}]), group="strange-new", MemberId="m", GenerationIdOrMemberEpoch=3)
        commit("a generation without a member", (known, [{}]), group="strange-new", GenerationIdOrMemberEpoch=3)
        commit("a member without a generation", (known, [{}]), MemberId="m")
        if version >= 7:
            commit("an instance of no group", (known, [{}]), group="strange-new", GroupInstanceId="i", GenerationIdOrMemberEpoch=3)
        scene.fetch(f"what is there then, v{version}", "strange", 9, None)


def strange_fetches(scene):
    scene.title = "strange fetches"
    a, = scene.ids("cg-a")
    scene.commit("something is there", "fetched", 9, ("cg-a", [{}]))
    for version in (1, 5, 7, 8, 9, 10):
        known, unknown = ("cg-a", "off-none") if version < 10 else (a, UNKNOWN)
        for step, group, topics in (("an unknown group", "nobody", [(known, [0])]), ("no group id", "", [(known, [0])]), ("an unknown topic", "fetched", [(unknown, [0, 1])]),
                                    ("a known and an unknown topic", "fetched", [(known, [0]), (unknown, [0])]), ("an unknown partition", "fetched", [(known, [99])]),
                                    ("no name and no id", "fetched", [("" if version < 10 else ZERO, [0])]),
                                    ("a negative partition", "fetched", [(known, [-1])]), ("no topics", "fetched", []), ("no partitions", "fetched", [(known, [])]),
                                    ("the same partition twice", "fetched", [(known, [0, 0])]), ("the same topic twice", "fetched", [(known, [0]), (known, [0])])):
            scene.fetch(f"{step}, v{version}", group, version, topics)
        if version >= 2:
            scene.fetch(f"all of an unknown group, v{version}", "nobody", version, None)
        if version >= 8:
            rows = [{"GroupId": group, "Topics": topics} for group, topics in (("fetched", None), ("nobody", None), ("", None), ("fetched", None))]
            scene.call(f"many groups, v{version}", "OffsetFetch", version, Groups=rows)
            scene.call(f"no groups, v{version}", "OffsetFetch", version, Groups=[])
    for version in (9, 10):
        one = scene.member(f"one-{version}", f"fetched-consumer-{version}")
        one.join(f"one joins, v{version}")
        for member, epoch in ((one.member, one.epoch), (one.member, one.epoch + 1), (one.member, one.epoch - 1), ("nobody", 1), (None, -1), ("", -1), (None, 3)):
            row = {"GroupId": one.group, "MemberId": member, "MemberEpoch": epoch, "Topics": None}
            scene.call(f"as {'one' if member == one.member else member!r} in epoch {epoch - one.epoch:+d}, v{version}", "OffsetFetch", version, Groups=[row])
            row = {"GroupId": "fetched", "MemberId": member, "MemberEpoch": epoch, "Topics": None}
            scene.call(f"of a simple group as {'one' if member == one.member else member!r} in epoch {epoch - one.epoch:+d}, v{version}", "OffsetFetch", version, Groups=[row])
        one.beat(f"one leaves, v{version}", MemberEpoch=-1)


def deleted_topics(scene):
    scene.title = "topics that are deleted and made again"
    create = lambda step: scene.call(step, "CreateTopics", 5, Topics=[{"Name": "off-d", "NumPartitions": 2, "ReplicationFactor": 1}])  # noqa: E731
    create("made")
    old, = scene.ids("off-d")
    scene.commit("commit by name", "by-name", 9, ("off-d", [{}]))
    scene.commit("commit by id", "by-id", 10, (old, [{}]))
    scene.call("deleted", "DeleteTopics", 5, TopicNames=["off-d"], TimeoutMs=10_000)
    for group in ("by-name", "by-id"):
        rows = lambda: scene.fetch("try", group, 9, None)["Groups"][0]["Topics"]  # noqa: B023, E731
        scene.until(f"the offsets of {group} are gone", lambda: not rows())  # noqa: B023
        for version in (9, 10):
            scene.fetch(f"all of {group}, v{version}", group, version, None)
        scene.fetch(f"by name of {group}", group, 9, [("off-d", [0])])
        scene.fetch(f"by the old id of {group}", group, 10, [(old, [0])])
    scene.commit("commit by name to what is gone", "by-name", 9, ("off-d", [{}]))
    scene.commit("commit by id to what is gone", "by-id", 10, (old, [{}]))
    create("made again")
    new, = scene.ids("off-d")
    for group in ("by-name", "by-id"):
        scene.fetch(f"by name of {group} from the new one", group, 9, [("off-d", [0])])
        scene.fetch(f"by the new id of {group}", group, 10, [(new, [0])])
        scene.fetch(f"by both ids of {group}", group, 10, [(old, [0]), (new, [0])])
    scene.commit("commit by the old id", "by-id", 10, (old, [{}]))
    scene.commit("commit by both ids", "by-id", 10, (old, [{}]), (new, [{"CommittedOffset": 11}]))
    scene.commit("commit by name again", "by-name", 9, ("off-d", [{"CommittedOffset": 12}]))
    for group in ("by-name", "by-id"):
        for version in (8, 9, 10):
            scene.fetch(f"all of {group} in the end, v{version}", group, version, None)


def deletions(scene):
    scene.title = "deletions"

    def delete(step, group, *topics):
        rows = [{"Name": name, "Partitions": [{"PartitionIndex": index} for index in of]} for name, of in topics]
        return scene.call(step, "OffsetDelete", 0, GroupId=group, Topics=rows)
    scene.commit("offsets", "deleted", 9, ("cg-a", [{}, {"PartitionIndex": 1}, {"PartitionIndex": 2}]), ("off-b", [{}]))
    delete("of an unknown group", "nobody", ("cg-a", [0]))
    delete("without a group id", "", ("cg-a", [0]))
    delete("of an unknown topic", "deleted", ("off-none", [0]))
    delete("of an unknown topic and a known one", "deleted", ("off-none", [0]), ("cg-a", [0]))
    delete("again", "deleted", ("cg-a", [0]))
    delete("of a partition without an offset", "deleted", ("cg-a", [3]))
    delete("of an unknown partition", "deleted", ("cg-a", [99, -1]))
    delete("twice in one request", "deleted", ("cg-a", [1, 1]))
    delete("of nothing", "deleted")
    delete("of no partitions", "deleted", ("cg-a", []))
    scene.fetch("what is left", "deleted", 9, None)
    one = scene.member("one", "deleted-consumer")
    one.join("a consumer joins")
    one.commit("it commits")
    scene.commit("another topic's offset", "deleted-consumer", 9, ("off-b", [{}]))
    delete("of a topic that is read, and of another", "deleted-consumer", ("cg-a", [0]), ("off-b", [0]))
    classic = scene.member("classic", "deleted-classic")
    classic.classic_enter("a classic member joins")
    classic.classic_sync("it syncs", [(classic.member, consumer_groups.assignment([("cg-a", [0])]))])
    classic.commit("it commits too")
    delete("of a topic that a classic member reads, and of another", "deleted-classic", ("cg-a", [0]), ("off-b", [0]))
    connect = scene.member("connect", "deleted-connect")
    connect.classic_enter("a worker joins", ProtocolType="connect")
    delete("of a group of another type with members", "deleted-connect", ("cg-a", [0]))
    for version in (0, 1, 2):
        for group in ("gone-1", "gone-2"):
            scene.commit(f"{group} for v{version}", f"{group}-{version}", 9, ("cg-a", [{}]))
        names = [f"gone-1-{version}", "nobody", "", "deleted-consumer", "deleted-classic", "deleted-connect", f"gone-2-{version}", f"gone-1-{version}"]
        scene.call(f"groups, v{version}", "DeleteGroups", version, GroupsNames=names)
        scene.call(f"the same again, v{version}", "DeleteGroups", version, GroupsNames=names[:1])
        scene.call(f"no groups, v{version}", "DeleteGroups", version, GroupsNames=[])
        scene.fetch(f"nothing is left, v{version}", f"gone-1-{version}", 9, None)


def coordinators(scene):
    scene.title = "coordinators"
    for version in range(0, 7):
        for kind in (0, 7) if version else (0,):
            more = {"KeyType": kind} if version else {}
            for step, keys in (("one", ["orders"]), ("none", []), ("no name", [""]), ("many", ["a", "b", "ö", "a"])):
                if version >= 4:
                    scene.call(f"{step} of kind {kind}, v{version}", "FindCoordinator", version, CoordinatorKeys=keys, **more)
                elif len(keys) == 1:
                    scene.call(f"{step} of kind {kind}, v{version}", "FindCoordinator", version, Key=keys[0], **more)


def descriptions(scene):
    scene.title = "descriptions"
    one = scene.member("one", "described-consumer")
    one.join("a consumer joins")
    classic = scene.member("classic", "described-classic")
    classic.classic_enter("a classic member joins")
    scene.commit("a simple group", "described-simple", 9, ("cg-a", [{}]))
    groups = ["described-consumer", "described-classic", "described-simple", "nobody", "", "described-simple"]
    for version in range(0, 7):
        scene.call(f"described, v{version}", "DescribeGroups", version, Groups=groups)
        scene.call(f"none described, v{version}", "DescribeGroups", version, Groups=[])
        if version >= 3:
            scene.call(f"described with operations, v{version}", "DescribeGroups", version, Groups=groups, IncludeAuthorizedOperations=True)
    for version in (0, 1):
        scene.call(f"consumers described, v{version}", "ConsumerGroupDescribe", version, GroupIds=groups)
        scene.call(f"no consumers described, v{version}", "ConsumerGroupDescribe", version, GroupIds=[])
        scene.call(f"consumers described with operations, v{version}", "ConsumerGroupDescribe", version, GroupIds=groups, IncludeAuthorizedOperations=True)


SCENES = [versions, strange_commits, strange_fetches, deleted_topics, deletions, coordinators, descriptions]


def ask(broker):
    """The answers of all scenes, and what broke off."""
    return group_scenes.play(Scene(broker), TOPICS, SCENES)


def run(context):
    return group_scenes.judge(context, "offsets", PROPERTIES, ask)
