"""Reads a data directory with code that nobody of this project wrote (segment_check.py), and keeps the results for the
suite `segments`."""

from . import places, process

RESULTS = {}


def check(data, case, crashed=False):
    """Checks a directory; the outcome counts as a case of the suite `segments`, too. Returns None or what is wrong."""
    arguments = [places.PYTHON, places.ACCEPTANCE / "segment_check.py", data]
    code, said = process.run(arguments + (["--crashed"] if crashed else []), seconds=600)
    reason = None
    if code:
        lines = said.splitlines()
        reason = " / ".join(lines[1:4]) if len(lines) > 1 else process.last_line(said, "no output")
    RESULTS[case] = reason
    return reason
