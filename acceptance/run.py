#!/usr/bin/env python3
"""The door to the acceptance suites: `cargo xtask acceptance`. Prints one line per suite, and what is missing.

A suite is a file suites/NAME.py with
  LOOKS_AT    one line: what it looks at
  QUICK       whether it is part of --quick (it then finds `context.quick` set)
  run(context) -> {case: None or the reason why it failed}
and optionally
  WAITS_FOR   what Jackdaw lacks for it yet; then it runs only when it is named
  OURS        True if it asks what only Jackdaw can answer: there is no baseline
  NEEDS_KAFKA True if it starts Apache Kafka (Java and Maven)
"""

import argparse
import importlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import places, verdict  # noqa: E402

# Cheap ones first; `segments` sums up what the others left behind.
ORDER = ["answers", "client", "client_three", "client_security", "classic_groups", "consumer_groups", "group_configs", "offsets", "hostile", "kcat",
         "kafkajs", "kafkajs_orders", "confluent", "kafka_python", "group_clients",
         "goldens", "exchanges",
         "opens_kafka", "start", "kafka_tools", "tools",
         "go_clients", "franz_go", "kafka_python_suite", "rdkafka_crate", "librdkafka", "librdkafka_groups", "librdkafka_eos", "kafka_opens_ours", "groups_change_hands", "groups_move",
         "strace", "crash", "segments"]


@dataclass
class Context:
    """What a suite is told."""

    kind: str
    quick: bool


def prepare(modules, kind):
    """The foreign clients, and Kafka where it is needed."""
    needs_kafka = kind == "kafka" or any(getattr(module, "NEEDS_KAFKA", False) for module in modules)
    arguments = ["bash", str(places.ACCEPTANCE / "environment.sh")] + (["dist"] if needs_kafka else [])
    environment = dict(os.environ, ACCEPTANCE_HOME=str(places.HOME), KAFKA_DIST=str(places.KAFKA_DIST))
    subprocess.run(arguments, check=True, env=environment)
    if Path(sys.executable) != places.PYTHON and os.environ.get("ACCEPTANCE_INSIDE") != "1":
        os.environ["ACCEPTANCE_INSIDE"] = "1"
        sys.stdout.flush()
        os.execv(places.PYTHON, [str(places.PYTHON), *sys.argv])


def choose(arguments):
    """The modules to run."""
    names = [name.replace("-", "_") for name in arguments.suites]
    for name in names:
        if name not in ORDER:
            sys.exit(f"there is no suite {name}; there are: {', '.join(ORDER)}")
    modules = {name: importlib.import_module(f"suites.{name}") for name in names or ORDER}
    if names:
        return modules
    if arguments.quick:
        return {name: module for name, module in modules.items() if module.QUICK}
    return modules


def run_one(name, module, context):
    """Runs a suite and judges it: (passed, failed)."""
    waits_for = getattr(module, "WAITS_FOR", None)
    start = time.monotonic()
    try:
        outcomes = module.run(context)
    except Exception as error:  # noqa: BLE001 - a suite that cannot run is a failure of that suite only
        print(f"{name}: could not run: {type(error).__name__}: {error}", flush=True)
        return 0, 1
    seconds = time.monotonic() - start
    if context.kind == "kafka":
        if not getattr(module, "OURS", False) and not context.quick:
            verdict.write_baseline(name, outcomes)
        failed = {case: reason for case, reason in outcomes.items() if reason is not None}
        print(f"{name}: Kafka passes {len(outcomes) - len(failed)} of {len(outcomes)} ({seconds:.0f} s)")
        for case, reason in failed.items():
            print(f"  {case}: {reason}"[:400])
        return len(outcomes) - len(failed), 0
    passed, missing = verdict.judge(name, outcomes, only_run=context.quick)
    print(f"  {seconds:.0f} s{f'; waits for {waits_for}' if waits_for else ''}", flush=True)
    return passed, missing


def main():
    """Chooses, prepares, runs."""
    parser = argparse.ArgumentParser(prog="cargo xtask acceptance", description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*")
    parser.add_argument("--quick", action="store_true", help="the part that CI runs, in minutes")
    parser.add_argument("--kafka", action="store_true", help="against Apache Kafka; renews the baseline")
    parser.add_argument("--list", action="store_true", help="only say which suites there are")
    arguments = parser.parse_args()
    modules = choose(arguments)
    if arguments.list:
        for name, module in modules.items():
            print(f"{name:20} {'quick ' if module.QUICK else '      '} {module.LOOKS_AT}")
        return 0
    context = Context(kind="kafka" if arguments.kafka else "jackdaw", quick=arguments.quick)
    prepare(modules.values(), context.kind)
    passed = failed = 0
    for name, module in modules.items():
        if getattr(module, "WAITS_FOR", None) and not arguments.suites and context.kind == "jackdaw":
            print(f"{name}: 0 of {len(verdict.baseline(name) or [])} of what Kafka passes: waits for {module.WAITS_FOR}")
            continue
        if getattr(module, "OURS", False) and context.kind == "kafka":
            continue
        outcome = run_one(name, module, context)
        passed, failed = passed + outcome[0], failed + outcome[1]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
