"""Consumer groups move between Jackdaw and Apache Kafka with the directory: Kafka loads what our coordinator wrote, describes the
same groups and goes on with their members; and back."""

import re
import shutil
import time

from harness import cases, places
from harness.broker import Broker
from suites import consumer_groups, group_scenes
from suites.consumer_groups import PROPERTIES, TOPICS, Scene, assignment

LOOKS_AT = "consumer groups in all states: ours go on in Kafka, Kafka's go on in Jackdaw"
QUICK = False
OURS = True
NEEDS_KAFKA = True
GROUPS = ["stable", "midway", "mixed", "matched", "away", "empty"]


def make(scene):
    """Groups in states that a coordinator may be stopped in; returns the members that go on."""
    scene.title = "make"
    one, two = scene.member("s1", "stable"), scene.member("s2", "stable", topics=("cg-a", "cg-b"))
    one.join("one")
    two.join("two")
    for turn in range(3):
        one.report(f"one settles {turn}")
        two.report(f"two settles {turn}")
    giver, taker = scene.member("m1", "midway"), scene.member("m2", "midway")
    giver.join("giver")
    taker.join("taker")
    giver.beat("giver is told")
    old, new = scene.member("x1", "mixed"), scene.member("x2", "mixed")
    old.classic_enter("old")
    old.classic_sync("old assigns", [(old.member, assignment([("cg-a", [0, 1, 2, 3])]))])
    new.join("new")
    old.classic_join("old again", owned=[("cg-a", [0, 1])])
    matched = scene.member("r1", "matched")
    matched.join("matched", SubscribedTopicNames=None, SubscribedTopicRegex="cg-.*")
    for turn in range(20):
        if matched.owned:
            break
        time.sleep(0.2)
        matched.report(f"matched waits {turn}")
    away = scene.member("a1", "away", instance="instance")
    away.join("away")
    away.beat("goes", MemberEpoch=-2)
    empty = scene.member("e1", "empty")
    empty.join("joins")
    empty.commit("commits")
    empty.beat("leaves", MemberEpoch=-1)
    wrong = {case: answer for case, answer in scene.answers.items() if answer.get("ErrorCode") not in (0, None, 79)}
    cases.equal(wrong, {}, "refused")
    return [one, two, giver, taker, old, new, matched]


def described(scene, title):
    """All groups, once their coordinator has loaded them."""
    deadline = time.monotonic() + 60
    while True:
        answer = scene.admin.call(f"{title} {time.monotonic()}", "ConsumerGroupDescribe", 1, GroupIds=GROUPS)
        codes = [group["ErrorCode"] for group in answer["Groups"]]
        if not any(codes) or time.monotonic() > deadline:
            return scene.plain(answer["Groups"])
        time.sleep(0.2)


def go_on(scene, members, title):
    """Each member comes again with its epoch and what it owns, and is let in."""
    for member in members:
        member.connection = consumer_groups.wire.Connection(scene.broker.address)
        beat = member.classic_beat if member.name == "x1" else member.report
        answer = beat(f"{title}: {member.name}")
        # 27: a member with the classic protocol is asked to join again.
        cases.equal(answer["ErrorCode"] in (0, 27), True, f"{title}: {member.name} goes on: {answer}")


def moved(scene, members, broker, title, before):
    scene.broker = broker
    scene.admin = scene.member("admin", "")
    cases.equal(described(scene, title), before, f"{title} describes the same groups")
    go_on(scene, members, title)
    return described(scene, f"{title} afterwards")


def there_and_back(first, second):
    name = f"groups_{first}_{second}"
    port = places.free_ports(2)
    start, other = Broker(first, name, PROPERTIES, port=port), Broker(second, name, PROPERTIES, port=port)
    start.remove()
    other.remove()
    start.start()
    try:
        scene = Scene(start)
        topics = [{"Name": topic, "NumPartitions": count, "ReplicationFactor": 1} for topic, count in TOPICS.items()]
        scene.admin.call("topics", "CreateTopics", 5, Topics=topics)
        group_scenes.wait_for_coordinator(scene)
        scene.answers.clear()
        members = make(scene)
        before = described(scene, "before")
    finally:
        start.stop()
    other.data.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(start.data, other.data)
    other.start(keep=True)
    try:
        between = moved(scene, members, other, second, before)
    finally:
        other.stop()
    shutil.rmtree(start.data)
    shutil.copytree(other.data, start.data)
    start.start(keep=True)
    try:
        moved(scene, members, start, f"{first} again", between)
    finally:
        start.stop()
    kafkas = next(broker for broker in (start, other) if broker.kind == "kafka")
    events = re.split(r"(?=\d{4}-\d\d-\d\dT\d\d:)", kafkas.log.read_text(errors="replace"))
    wrong = [event.strip()[25:325] for event in events if re.search(r"ERROR|IllegalState|Exception", event) and "oordinator" in event]
    cases.equal(wrong, [], "what Kafka's coordinator complains of")


def run(context):
    return {"ours go on in Kafka, and back": cases.attempt(there_and_back, "jackdaw", "kafka"),
            "Kafka's go on in Jackdaw, and back": cases.attempt(there_and_back, "kafka", "jackdaw")}
