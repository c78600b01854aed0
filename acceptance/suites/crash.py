"""kill -9 at random moments under a mixed load; the work is in ../crash.py, which also runs by itself."""

import random

import crash

LOOKS_AT = "kill -9 at random moments (200, or 10 with --quick): nothing acknowledged is lost, repeated or changed"
QUICK = True
OURS = True


def run(context):
    return crash.run(10 if context.quick else 200, random.SystemRandom().randrange(1 << 32))
