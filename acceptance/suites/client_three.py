"""Our own client on three brokers: the cases of the suite `client`, with leaders that are elected, moved and killed."""

from harness.three import ThreeBrokers

from . import client

LOOKS_AT = "our client on three brokers: the same, and leaders that move, die, and are elected without the last records"
QUICK = False
WAITS_FOR = "replication"


def run(context):
    with ThreeBrokers(context.kind, "client-three") as broker:
        # An election takes seconds, and as long as the one before the next may die.
        return client.behaviour(broker, context, kills=4)
