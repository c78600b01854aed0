"""librdkafka's own regression suite, the part about idempotence and transactions (on one node: 0103 needs three)."""

from suites import librdkafka

LOOKS_AT = "librdkafka's regression suite: idempotence and transactions"
QUICK = False
WAITS_FOR = "transactions"


def run(context):
    return librdkafka.run_sets(context, "librdkafka_eos", ["0090"])
