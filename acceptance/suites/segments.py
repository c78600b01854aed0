"""What the other suites left behind, read by code that nobody of this project wrote."""

from harness import segments

LOOKS_AT = "segment_check.py over every directory that the suites before it left behind"
QUICK = True
OURS = True


def run(context):
    return dict(segments.RESULTS)
