"""From outcomes to a verdict: what Kafka passed, what we pass, what is known to be missing and why."""

import fnmatch
import json

from . import places

BASELINE = places.ACCEPTANCE / "baseline"
KNOWN = places.ACCEPTANCE / "known-failures.txt"


def baseline(suite):
    """The cases that Apache Kafka passed, or None for a suite that only Jackdaw can be asked."""
    path, with_answers = BASELINE / f"{suite}.txt", BASELINE / f"{suite}.json"
    if with_answers.exists():
        return list(json.loads(with_answers.read_text()))
    if not path.exists():
        return None
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def write_baseline(suite, outcomes):
    """Keeps what Kafka passed just now."""
    if (BASELINE / f"{suite}.json").exists():
        return  # it keeps the answers themselves
    passed = sorted(case for case, reason in outcomes.items() if reason is None)
    head = f"# What Apache Kafka 4.3.1 passes in the suite {suite}; written by `cargo xtask acceptance --kafka {suite}`.\n"
    (BASELINE / f"{suite}.txt").write_text(head + "".join(case + "\n" for case in passed))


def known_failures(suite):
    """(pattern of a case, cause) of each known failure of the suite."""
    rows = []
    for line in KNOWN.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, pattern, cause = (part.strip() for part in line.split("\t"))
            if name == suite:
                rows.append((pattern, cause))
    return rows


def judge(suite, outcomes, only_run=False):
    """Prints one line for the suite and what is missing; returns how many cases are missing without a known cause.

    `outcomes` maps each case to None (passed) or the reason why not. `only_run` leaves out baseline cases that were not run, and is content with known failures that pass.
    """
    wanted = baseline(suite)
    cases = list(outcomes) if wanted is None else wanted
    if only_run and wanted is not None:
        cases = [case for case in wanted if case in outcomes]
    passed = [case for case in cases if outcomes.get(case, "not run") is None]
    known = known_failures(suite)
    of = "of what Kafka passes" if wanted is not None else "passed"
    print(f"{suite}: {len(passed)} of {len(cases)} {of}", flush=True)
    unknown = 0
    for case in cases:
        if case in passed:
            continue
        cause = next((cause for pattern, cause in known if fnmatch.fnmatchcase(case, pattern)), None)
        unknown += cause is None
        detail = f"known: {cause}" if cause else f"MISSING: {outcomes.get(case, 'not run')}"
        print(f"  {case}: {detail}"[:400], flush=True)
    for pattern, _ in known:
        matched = [case for case in cases if fnmatch.fnmatchcase(case, pattern)]
        if matched and all(case in passed for case in matched):
            unknown += 0 if only_run else 1
            print(f"  {pattern}: passes now; take its line out of known-failures.txt", flush=True)
    return len(passed), unknown
