"""librdkafka's own regression suite, the part about consumer groups, with both of Kafka's protocols."""

from suites import librdkafka

LOOKS_AT = "librdkafka's regression suite: groups, classic and consumer protocol"
QUICK = False


def run(context):
    outcomes = {}
    for protocol in ("classic", "consumer"):
        found = librdkafka.run_sets(context, f"librdkafka_groups_{protocol}", ["groups"], {"PROTOCOL": protocol})
        outcomes.update({f"{protocol} {case}": reason for case, reason in found.items()})
    return outcomes
