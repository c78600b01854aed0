"""What the scenes of classic and of consumer groups have in common: waiting for the coordinator, playing, judging. No suite of its own."""

import json
import time

from harness import verdict
from harness.broker import Broker
from suites import answers


def wait_for_coordinator(scene):
    """Until groups are served."""
    deadline = time.monotonic() + 30
    while True:
        found = scene.admin.call(f"coordinator {time.monotonic()}", "FindCoordinator", 4, KeyType=0, CoordinatorKeys=["life-0"])
        probe = scene.admin.call(f"probe {time.monotonic()}", "Heartbeat", 4, GroupId="life-0")
        if (found["Coordinators"][0]["ErrorCode"], probe["ErrorCode"]) == (0, 25) or time.monotonic() > deadline:
            break
        time.sleep(0.1)


def play(scene, topics, plays):
    """{step: answer} of all scenes, and {case: reason} of those that broke off. `topics` maps names to partition counts."""
    wanted = [{"Name": name, "NumPartitions": count, "ReplicationFactor": 1} for name, count in topics.items()]
    made = scene.admin.call("topics", "CreateTopics", 5, Topics=wanted)
    assert all(topic["ErrorCode"] == 0 for topic in made["Topics"]), made
    wait_for_coordinator(scene)
    scene.answers.clear()
    failures = {}
    for one in plays:
        scene.names = {}
        try:
            one(scene)
        except Exception as error:  # noqa: BLE001 - each scene has its own verdict
            failures[f"{scene.title} ends"] = f"{type(error).__name__}: {error}"
    return scene.answers, failures


def judge(context, name, properties, ask):
    """Asks a fresh broker, and compares with what Kafka answered; on Kafka its answers become the baseline."""
    file = verdict.BASELINE / f"{name}.json"
    broker = Broker(context.kind, name, properties)
    broker.remove()
    with broker:
        found, failures = ask(broker)
    if context.kind == "kafka":
        assert not failures, failures
        if not context.quick:
            file.write_text(answers.as_lines(found))
        return {case: None for case in found}
    outcomes = {}
    for case, answer in json.loads(file.read_text()).items():
        differing = list(answers.differences(answer, found.get(case, {"connection": "not asked"})))
        outcomes[case] = "; ".join(differing[:4]) if differing else None
    outcomes.update(failures)
    return outcomes
