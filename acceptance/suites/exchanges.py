"""Requests of Kafka's own tools and of kafka-python, recorded with the real Kafka's answers: ours have the same shape."""

from suites import goldens

LOOKS_AT = "recorded exchanges of the Java tools and kafka-python: answers of the same shape"
QUICK = True


def run(context):
    # On a fresh broker the topics and groups of the recording do not exist: error codes may differ, shapes may not.
    return goldens.replay(context, "exchanges", "kafka-exchanges.jsonl", ["--loose"])
