"""Delayed and failing syncs; the work is in ../strace_sync.py, which also runs by itself."""

import strace_sync

LOOKS_AT = "every sync 200 ms late, or EIO: an acknowledgement means on disk, a failed disk is not acknowledged"
QUICK = True
OURS = True


def run(context):
    return strace_sync.run(context.quick)
