"""The same requests to Jackdaw and, earlier, to Kafka: answers are compared field by field. What differs between any two runs
(ids, addresses, times) is masked. Kafka's answers are kept in baseline/answers.json and renewed with `--kafka answers`."""

import json
import re
import time

from harness import places, verdict, wire
from harness.broker import Broker
from suites import answers_cases

LOOKS_AT = "answers to several hundred requests, in every version, errors among them, field by field as Kafka's"
QUICK = True
FILE = verdict.BASELINE / "answers.json"
# Records are of a fixed time, and Jackdaw syncs by default: on both it stands in the file.
PROPERTIES = {"log.retention.ms": "-1", "log.flush.interval.messages": "1"}
# APIs that come with other issues are not announced yet, and so missing in ApiVersions.
WAITING = {8, 9, *range(10, 18), *range(24, 32), 36, *range(38, 43), *range(47, 52), 61, 65, 66, 68, 69, *range(76, 93)}
# Fields whose value is another one in each run; whether there is one still counts.
VARYING = {"topicId", "TopicId", "ClusterId", "port", "Port", "Host", "ErrorMessage", "errorMessage", "BatchIndexErrorMessage", "TimestampMs", "ProducerId", "LogAppendTimeMs",
           "ThrottleTimeMs", "TotalBytes", "UsableBytes", "LogDir", "ControllerId", "NodeEndpoints", "LeaderEpoch", "HighWatermark",
           "LastFetchTimestamp", "LastCaughtUpTimestamp", "LogEndOffset", "ReplicaDirectoryId", "FinalizedFeaturesEpoch", "SessionId",
           "PartitionSize", "Size", "CurrentLeader", "UpdatedAt", "VoterDirectoryId"}


def plain(value, name=""):
    """A value as JSON, with what varies masked."""
    if isinstance(value, dict):
        return {key: plain(inner, key) for key, inner in sorted(value.items())}
    if name == "ApiKeys":
        value = [row for row in value if row["ApiKey"] not in WAITING]
    if isinstance(value, list):
        rows = [plain(inner, name) for inner in value]
        return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    if name in VARYING:
        return masked(value, name)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, str):
        return re.sub(r"127\.0\.0\.1:\d+|/\S*/data0", "…", value)
    return value


def masked(value, name):
    """What is left of a varying value: that it is there."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, bytes):
        return "no id" if not any(value) else "an id"
    if isinstance(value, str):
        return "a text" if value else ""
    return "negative" if isinstance(value, (int, float)) and value < 0 else "a number"


def differences(expected, found, path=""):
    """Where two answers differ, as texts."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(set(expected) | set(found)):
            if key not in found or key not in expected:
                yield f"{path}.{key}: {'missing' if key not in found else 'not in Kafka: ' + str(found[key])[:60]}"
            else:
                yield from differences(expected[key], found[key], f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for at, (left, right) in enumerate(zip(expected, found)):
            yield from differences(left, right, f"{path}[{at}]")
    elif expected != found and not is_better(expected, found, path):
        yield f"{path}: {short(found)} instead of {short(expected)}"


def is_better(expected, found, path):
    """Where we may say more than Kafka: a reason instead of none, a precise error instead of UNKNOWN_SERVER_ERROR."""
    if path.lower().endswith("errormessage"):
        return expected in (None, "") and found == "a text"
    if path.endswith("Value") and (expected, found) == ("9223372036854775807", "1"):
        return True  # flush.messages: an acknowledged record is on disk unless somebody wants it otherwise
    if "Synonyms" in path and path.endswith("Value") and (expected, found) == ("1000", "0"):
        return True  # the default of group.consumer.assignment.interval.ms: a new member has its partitions at once
    return path.endswith("ErrorCode") and expected == -1 and found not in (0, -1)


def short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 90 else text[:87] + "…"


def ask(broker):
    """{case: the masked answer, or how the connection ended}, in the order of the cases."""
    answers = {}
    for case, api, version, values in answers_cases.all_cases(broker):
        try:
            with wire.Connection(broker.address) as connection:
                answer = plain(settled(connection, api, version, values))
        except (OSError, ValueError) as error:
            answer = {"connection": re.sub(r"\d+", "N", f"{type(error).__name__}: {error}")}
        answers[f"{api} v{version} {case}"] = answer
    return answers


def as_lines(answers):
    """JSON with a line for each case, so that a difference between two files is readable."""
    compact = {"ensure_ascii": False, "separators": (",", ":")}
    return "{\n" + ",\n".join(f"{json.dumps(case)}:{json.dumps(answer, **compact)}" for case, answer in sorted(answers.items())) + "\n}\n"


def settled(connection, api, version, values):
    """The answer; where a broker may still be about to make what is asked for, the one that it gives in the end."""
    deadline = time.monotonic() + 10
    while True:
        answer = connection.call(api, version, **values)
        loading = api == "InitProducerId" and answer["ErrorCode"] == 14
        making = api == "Metadata" and values.get("AllowAutoTopicCreation") and answer["Topics"][0]["ErrorCode"] in (3, 5)
        if time.monotonic() > deadline or not (loading or making):
            return answer
        time.sleep(0.05)


def run(context):
    broker = Broker(context.kind, "answers", PROPERTIES)
    broker.remove()
    with broker:
        answers = ask(broker)
    if context.kind == "kafka":
        if not context.quick:
            FILE.write_text(as_lines(answers))
        return {case: None for case in answers}
    expected = json.loads(FILE.read_text())
    outcomes = {}
    for case, answer in expected.items():
        found = list(differences(answer, answers.get(case, {"connection": "not asked"})))
        outcomes[case] = "; ".join(found[:4]) if found else None
    (places.HOME / "run" / "answers.json").write_text(as_lines(answers))
    return outcomes
