"""kcat with Debian's librdkafka 2.0.2: an old client, so old versions of the APIs. One command line per case."""

import json
import sys

from harness import cases, process, segments
from harness.broker import Broker

LOOKS_AT = "kcat -L, -P, -C, -Q: an old librdkafka, all codecs, keys, headers, offsets, formats"
QUICK = True


def kcat(broker, *arguments, text=None, seconds=30):
    """Runs kcat; anything but exit code 0 is a failure. Returns what it printed."""
    code, said = process.run(["kcat", "-b", broker.address, *arguments], seconds=seconds, text=text)
    cases.equal(code, 0, f"exit code of kcat {' '.join(arguments)}: {said.strip()[-200:]}")
    return said


def case_metadata_as_text(broker):
    cases.contains(kcat(broker, "-L"), f"broker 0 at {broker.address} (controller)", "1 brokers:")


def case_metadata_as_json(broker):
    found = json.loads(kcat(broker, "-L", "-J"))
    cases.equal([node["name"] for node in found["brokers"]], [broker.address], "brokers")


def case_produce_creates_the_topic(broker):
    kcat(broker, "-P", "-t", "fresh", text="a\nb\n")
    cases.contains(kcat(broker, "-L", "-t", "fresh"), 'topic "fresh" with 4 partitions')


def case_produce_and_consume(broker):
    kcat(broker, "-P", "-t", "lines", "-p", "0", text="".join(f"line {i}\n" for i in range(1000)))
    said = kcat(broker, "-C", "-t", "lines", "-p", "0", "-e", "-q")
    cases.equal(said.splitlines(), [f"line {i}" for i in range(1000)], "what came back")


def case_codecs(broker):
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        kcat(broker, "-P", "-t", f"codec-{codec}", "-p", "0", "-z", codec, text="".join(f"{codec} {i}\n" for i in range(500)))
        said = kcat(broker, "-C", "-t", f"codec-{codec}", "-p", "0", "-e", "-q")
        cases.equal(said.splitlines(), [f"{codec} {i}" for i in range(500)], codec)


def case_keys_and_headers(broker):
    kcat(broker, "-P", "-t", "keyed", "-p", "1", "-K", ":", "-H", "a=1", "-H", "a=2", "-H", "b=", text="k1:v1\nk2:v2\n")
    said = kcat(broker, "-C", "-t", "keyed", "-p", "1", "-e", "-q", "-f", "%o %k %s %h\\n")
    cases.equal(said.splitlines(), ["0 k1 v1 a=1,a=2,b=", "1 k2 v2 a=1,a=2,b="], "keys and headers")


def case_null_values(broker):
    kcat(broker, "-P", "-t", "nulls", "-p", "0", "-K", ":", "-Z", text="gone:\n")
    said = kcat(broker, "-C", "-t", "nulls", "-p", "0", "-e", "-q", "-f", "%k %K %S\\n")
    cases.equal(said, "gone 4 -1\n", "a null value has length -1")


def case_offsets_to_start_from(broker):
    kcat(broker, "-P", "-t", "offsets", "-p", "2", text="".join(f"{i}\n" for i in range(20)))
    for start, expected in (("beginning", range(20)), ("15", range(15, 20)), ("-3", range(17, 20))):
        said = kcat(broker, "-C", "-t", "offsets", "-p", "2", "-o", start, "-e", "-q")
        cases.equal(said.split(), [str(i) for i in expected], f"from {start}")


def case_counts_of_messages(broker):
    said = kcat(broker, "-C", "-t", "offsets", "-p", "2", "-o", "5", "-c", "3", "-q")
    cases.equal(said.split(), ["5", "6", "7"], "three from 5")


def case_offset_queries(broker):
    for time, offset in (("-1", 20), ("-2", 0), ("0", 0)):
        cases.contains(kcat(broker, "-Q", "-t", f"offsets:2:{time}"), f"offsets [2] offset {offset}")


def case_offset_query_by_time(broker):
    said = kcat(broker, "-C", "-t", "offsets", "-p", "2", "-o", "0", "-c", "1", "-q", "-f", "%T")
    cases.contains(kcat(broker, "-Q", "-t", f"offsets:2:{said.strip()}"), "offsets [2] offset 0")


def case_idempotent_producer(broker):
    kcat(broker, "-P", "-t", "once", "-p", "0", "-X", "enable.idempotence=true", text="".join(f"{i}\n" for i in range(100)))
    cases.contains(kcat(broker, "-Q", "-t", "once:0:-1"), "once [0] offset 100")


def case_acks_0_and_1(broker):
    for acks in ("0", "1"):
        kcat(broker, "-P", "-t", f"acks-{acks}", "-p", "0", "-X", f"acks={acks}", text="x\n")
    said = kcat(broker, "-C", "-t", "acks-1", "-p", "0", "-e", "-q")
    cases.equal(said, "x\n", "with one acknowledgement")
    said = kcat(broker, "-C", "-t", "acks-0", "-p", "0", "-c", "1", "-q")
    cases.equal(said, "x\n", "without acknowledgement")


def case_large_messages(broker):
    large = "x" * 900_000
    kcat(broker, "-P", "-t", "large", "-p", "0", text=large + "\n")
    cases.equal(len(kcat(broker, "-C", "-t", "large", "-p", "0", "-e", "-q")), len(large) + 1, "its length")


def case_envelopes_as_json(broker):
    said = kcat(broker, "-C", "-t", "keyed", "-p", "1", "-o", "0", "-c", "1", "-q", "-J")
    found = json.loads(said)
    cases.equal((found["topic"], found["partition"], found["offset"], found["key"], found["payload"]),
                ("keyed", 1, 0, "k1", "v1"), "the envelope")


def case_an_illegal_topic_is_refused(broker):
    code, said = process.run(["kcat", "-b", broker.address, "-P", "-t", "not/legal", "-p", "0"], seconds=20, text="x\n")
    cases.equal(code, 1, f"exit code; it said {said.strip()[-200:]}")


def run(context):
    with Broker(context.kind, "kcat") as broker:
        outcomes = cases.collect(cases.named(sys.modules[__name__]), broker)
    segments.check(broker.data, "kcat")
    return outcomes
