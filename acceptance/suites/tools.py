"""Kafka's tools of a distribution and ours side by side: the same commands, each side on topics and groups of its own, on one broker. Exit codes have to
be the same, and standard output, but for what no two runs share (ids, times, sizes) and for the differences that docs/command-line.md lists."""

import json
import re
import shlex
import shutil

from harness import cases, places, process
from harness.broker import Broker

from .tools_cases import CASES

LOOKS_AT = "our command-line tools beside those of the Kafka distribution: exit codes, output, effects"
QUICK = False
NEEDS_KAFKA = True

# Tools that take the address in another way, or none; nor is one added where the arguments name a place themselves.
WITHOUT_ADDRESS = {"storage", "dump-log"}
ADDRESS_BEHIND = {"cluster"}
PLACES = re.compile(r"\{(broker|controller|nobody)\}")

# What is not compared, as docs/command-line.md says: the words of errors and warnings that Kafka writes into standard output.
SKIPPED = [
    r"\d{4}-\d\d-\d\dT\S+ .*(ERROR|WARN).*",  # log4j
    r"\s+at .*", r"Caused by: .*", r"\s+\.\.\. \d+ more", r"org\.apache\.kafka\.\S+(Exception|Error).*", r"java\.\S+(Exception|Error).*",
    r"WARN.*", r"Warning: .*", r"Failed to alter dir for \S+", r"Option --\S+ has been deprecated.*", r"Timed out waiting for a node assignment.*", r"Bootstrap metadata: .*",
]
# What differs from run to run.
REPLACED = [
    (r"\b[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])", "ID"), (r"\b1[5-9]\d{11}\b", "TIME"), (r"(HighWatermark: +)\d+", r"\1N"), (r'"size":\d+', '"size":N'),
    (r"^(\d+ +\tID\t)\d+ +", r"\1N "), (r"\b\d+ ms ago\s*", "AGO "),
    # How fast something was: what was counted stays.
    (r"^(\d+ (?:steady state )?records sent), .*", r"\1, RATES"), (r"^\d+\t\d+\.\d+$", "LATENCY"), (r"^(Avg latency|Percentiles): .*", r"\1"),
    (r"^\d{4}-\d\d-\d\d [\d:]+, (?:\d{4}-\d\d-\d\d [\d:]+|0), ([\d.]+), [\d.]+, (\d+), .*", r"TIMES, \1, \2"),
    (r"\t\d+( *\t(?:CompleteCommit|CompleteAbort|Empty|Ongoing))", r"\tN\1"), (r'"avg_throughput":[\d.]+', '"avg_throughput":N'), (r"Epoch: \d+", "Epoch: N"), (r"(org\.apache\.kafka|java)\.\S+(Exception|Error): ", ""),
]
# Whole lines whose words are ours: how a failure is told.
OWN_WORDS = [r"(.*Error: Executing consumer group command failed due to ).*", r"(\* Group '\S+' could not be deleted due to: ).*", r"(Input string ).*",
             r"(partition: \S+\terror: ).*", r"(Error completing leader election .*: ).*", r"(Error while executing topic command : ).*",
             r"(WARNING: ).*", r"(Error: Failed to alter dir for \S+?):?( .*)?", r"(Error while executing (?:groups|client metrics) command : ).*",
             r"(Error: )(?:Timed out waiting|no broker can be reached).*"]


def normalized(text, side):
    """The lines that are compared, in an order of their own: Kafka's tools print hash maps."""
    lines = []
    for line in text.replace(side, "SIDE").splitlines():
        for pattern, instead in REPLACED:
            line = re.sub(pattern, instead, line)
        for pattern in OWN_WORDS:
            line = re.sub(f"^{pattern}$", r"\1(words)", line)
        if line.strip() and not any(re.fullmatch(pattern, line) for pattern in SKIPPED):
            lines.append(line.rstrip())
    # A stack trace says once more what went wrong.
    return sorted(line for line in lines if f"Error: {line}" not in lines)


class Side:
    """One of the two: where its tools are, and the names it uses. Both names have the same length, so that tables have the same widths."""

    def __init__(self, name, bin_directory, broker):
        self.name, self.bin, self.broker = name, bin_directory, broker
        self.files = places.HOME / "run" / "tools" / name
        shutil.rmtree(self.files, ignore_errors=True)
        self.files.mkdir(parents=True)
        topic = f"{name}-t"
        self.write_plans(topic)
        (self.files / "impatient.properties").write_text("default.api.timeout.ms=2000\nrequest.timeout.ms=1000\nmax.block.ms=2000\n")
        (self.files / "delete.json").write_text(json.dumps({"partitions": [{"topic": f"{topic}-one", "partition": 0, "offset": 1}], "version": 1}))
        for node in ("node", "voter"):
            (self.files / f"{node}.properties").write_text(
                "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n"
                "listeners=PLAINTEXT://127.0.0.1:1092,CONTROLLER://127.0.0.1:1093\ncontroller.quorum.bootstrap.servers=127.0.0.1:1093\n"
                f"log.dirs={self.files}/{node}\n")
        self.words = {"t": topic, "g": f"{name}-g", "f": str(self.files), "broker": broker.address, "nobody": "127.0.0.1:1",
                      "controller": f"127.0.0.1:{broker.port + 1}"}

    def write_plans(self, topic):
        """Files of kafka-reassign-partitions."""
        def plan(**entry):
            return json.dumps({"version": 1, "partitions": [{"topic": f"{topic}-one", "partition": 0, "replicas": [0], **entry}]})
        plans = {"plan": plan(), "unknown-broker": plan(replicas=[9]), "unknown-topic": plan(topic=f"{topic}-none"), "twice": plan(replicas=[0, 0]),
                 "directory": plan(log_dirs=["/nowhere"]), "move": json.dumps({"version": 1, "topics": [{"topic": f"{topic}-one"}]}), "no-json": "{"}
        for name, text in plans.items():
            (self.files / f"{name}.json").write_text(text)

    def run(self, tool, arguments, text):
        """Runs a tool; (exit code, normalized standard output, everything it said)."""
        given = shlex.split(arguments.format(**self.words)) if arguments else []
        has_place = tool in WITHOUT_ADDRESS or PLACES.search(arguments)
        address = [] if has_place else ["--bootstrap-server", self.broker.address]
        line = [self.bin / f"kafka-{tool}.sh", *(given + address if tool in ADDRESS_BEHIND else address + given)]
        code, printed, said = process.run_apart(line, seconds=120, text=text)
        return code, normalized(printed, self.name), (printed + said).strip()


def compare(theirs, ours, commands):
    """Runs the commands of a case on both sides, one after the other."""
    for tool, arguments, text, expected in commands:
        their_code, their_lines, their_words = theirs.run(tool, arguments, text)
        our_code, our_lines, our_words = ours.run(tool, arguments, text)
        what = f"{tool} {arguments}"
        cases.equal(their_code, expected, f"exit code of Kafka's {what}; it said {their_words[-300:]}")
        cases.equal(our_code, expected, f"exit code of our {what}; it said {our_words[-300:]}")
        if their_lines != our_lines:
            only_theirs = [line for line in their_lines if line not in our_lines][:3]
            only_ours = [line for line in our_lines if line not in their_lines][:3]
            raise AssertionError(f"{what}: Kafka's prints {only_theirs}, ours {only_ours}")


def run(context):
    links = places.HOME / "run" / "tools" / "links"
    done, said = process.run([places.JACKDAW, "links", links])
    cases.equal(done, 0, said)
    with Broker(context.kind, "tools") as broker:
        theirs, ours = Side("theirs", places.KAFKA_DIST / "bin", broker), Side("ours--", links / "bin", broker)
        return {name: cases.attempt(compare, theirs, ours, commands) for name, commands in CASES.items()}
