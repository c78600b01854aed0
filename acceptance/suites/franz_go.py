"""The integration tests inside the Go module franz-go: produce, consume, pause, regular expressions, and records that pass through
chains of groups while members come and go, with every assignor and both protocols. Needs Go."""

import json
import re
import shutil

from harness import places, process, segments
from harness.broker import Broker

LOOKS_AT = "franz-go's integration tests: consuming, chains of groups with both protocols, share groups, transactions"
QUICK = False
VERSION = "v1.22.2"
# The tests that speak to a broker; the others look at the client alone.
TESTS = ("TestPing", "TestIssue1034", "TestIssue325", "TestConsumeTopicRetrieval", "TestConsumeTopicRetrieval_Many", "TestConsumeRegex",
         "TestIssue337", "TestDirectPartitionPurge", "TestIssue434", "TestAddRemovePartitions", "TestPauseIssue489", "TestPauseIssueOct2023",
         "TestIssue523", "TestIssue648", "TestIssue810", "TestIssue865", "TestPooling", "TestGroupSimple", "TestHookPollStart",
         "TestClient_Produce", "TestClient_ProduceLargeMessages", "TestIssue769", "TestGroupETL",
         "TestShareGroup", "TestShareGroupETL", "TestShareGroupAckOnClose", "TestShareGroupOffsetsAdmin", "TestTxnEtl")
# Each test by itself: one that never ends must not hide the others.
SECONDS = 180
VARIABLES = {"KGO_TEST_RF": "1", "KGO_TEST_RECORDS": "50000", "GOFLAGS": "-mod=mod"}


def program():
    """Builds the tests of a copy of the module: the module's own directory cannot be written to."""
    source = places.HOME / f"franz-go-{VERSION}"
    built = source / "kgo.test"
    if built.exists():
        return built
    code, said = process.run(["go", "mod", "download", "-json", f"github.com/twmb/franz-go@{VERSION}"], seconds=600)
    if code:
        raise RuntimeError(f"franz-go cannot be fetched: {said}")
    shutil.copytree(json.loads(said)["Dir"], source, dirs_exist_ok=True, copy_function=shutil.copyfile)
    for directory in [source, *(path for path in source.rglob("*") if path.is_dir())]:
        directory.chmod(0o755)
    code, said = process.run(["go", "test", "-c", "-o", built, "./pkg/kgo"], seconds=900, directory=source, environment=VARIABLES)
    if code:
        raise RuntimeError(f"franz-go's tests are not built: {process.last_line(said)}")
    return built


def outcome_of(test, said):
    """None, or why the test failed. Its subtests are not cases: which there are is drawn by lot."""
    verdict = re.search(rf"^--- (\w+): {test} ", said, re.MULTILINE)
    if verdict and verdict[1] == "PASS":
        return None
    if verdict and verdict[1] == "SKIP":
        return "skipped"
    told = [line for line in said.splitlines() if line.strip() and not line.startswith(("FAIL", "exit status", "\t/"))]
    return f"{verdict[1] if verdict else 'no verdict'}: {told[-1].strip() if told else 'no output'}"


def run(context):
    tests = program()
    outcomes = {}
    with Broker(context.kind, "franz_go", {"num.partitions": "1"}) as broker:
        variables = {**VARIABLES, "KGO_SEEDS": broker.address}
        for test in TESTS:
            arguments = [tests, "-test.run", f"^{test}$", "-test.v", "-test.timeout", f"{SECONDS}s"]
            _, said = process.run(arguments, seconds=SECONDS + 30, directory=tests.parent / "pkg" / "kgo", environment=variables)
            outcomes[test] = outcome_of(test, said)
    segments.check(broker.data, "franz_go")
    return outcomes
