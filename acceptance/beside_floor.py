#!/usr/bin/env python3
"""Measures produce and consume beside `floor`, the least program that does the same work, in one run.

usage: python3 acceptance/beside_floor.py --tools DIR [--rounds 5] [--seconds 3] [--batch 65536] [--records N --value BYTES]

DIR holds the programs kload and floor. Each round runs the one server, then the other, each on core 0 with the load on
core 1. Jackdaw is the release binary with its defaults, but for log.flush.interval.messages, which is Kafka's here:
both leave syncing to the kernel. Figures are wall-clock megabytes a second and the server's processor seconds per gigabyte;
on a machine that others use, too, only the second says much."""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import places  # noqa: E402

NEVER = "log.flush.interval.messages=9223372036854775807"
SPEED = re.compile(r": ([0-9.]+) MB/s")
CPU = re.compile(r"broker cpu [0-9.]+ cores ([0-9.]+) s/GB")
REQUESTS = re.compile(r"([0-9]+) req/s")


def jackdaw(port, data):
    command = ["taskset", "-c", "0", str(places.JACKDAW), "server"]
    listeners = f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{port + 1}"
    for pair in (f"log.dirs={data}", listeners, "jackdaw.http.port=-1", NEVER):
        command += ["--override", pair]
    return command, None


def floor(tools):
    def command(port, data):
        environment = os.environ | {"FLOOR_MODE": "write", "FLOOR_FETCH": "sendfile"}
        return ["taskset", "-c", "0", str(tools / "floor"), str(port), str(data)], environment

    return command


def load(tools, what, port, pid, seconds, more):
    command = ["taskset", "-c", "1", str(tools / "kload"), what, "--addr", f"127.0.0.1:{port}", "--topic", "beside"]
    command += ["--secs", str(seconds), "--pid", str(pid), *more]
    out = subprocess.run(command, capture_output=True, text=True, timeout=60 + 10 * seconds, check=True).stdout
    speed, cpu = SPEED.search(out), CPU.search(out)
    if not speed or not cpu:
        raise RuntimeError(f"kload said: {out}")
    requests = REQUESTS.search(out)
    return float(speed[1]), float(cpu[1]), float(requests[1]) if requests else 0.0


def one_round(server, tools, seconds, more):
    """Of produce and consume: (megabytes a second, processor seconds per gigabyte, requests a second)."""
    data = places.HOME / "run" / "beside-floor"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    port = places.free_ports(2)
    command, environment = server(port, data)
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        load(tools, "produce", port, running.pid, 1, more)
        return load(tools, "produce", port, running.pid, seconds, more), load(tools, "consume", port, running.pid, seconds, [])
    finally:
        running.terminate()
        running.wait(20)
        shutil.rmtree(data, ignore_errors=True)


def told(name, values):
    return f"{name} {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=65536)
    parser.add_argument("--records", type=int)
    parser.add_argument("--value", type=int, default=1024)
    arguments = parser.parse_args()
    more = ["--batch", str(arguments.batch), "--value", str(arguments.value)]
    more += ["--records", str(arguments.records)] if arguments.records else []
    servers = {"jackdaw": jackdaw, "floor": floor(arguments.tools)}
    results = {name: [] for name in servers}
    for _ in range(arguments.rounds):
        for name, server in servers.items():
            results[name].append(one_round(server, arguments.tools, arguments.seconds, more))
    for index, what in enumerate(("produce", "consume")):
        ours, theirs = ([one[index] for one in results[name]] for name in servers)
        for name, values in (("jackdaw", ours), ("floor", theirs)):
            speeds, costs, requests = zip(*values)
            print(f"{what} {name}: {told('MB/s', speeds)}, {told('CPU s/GB', costs)}, {told('requests/s', requests)}")
        speed = [a[0] / b[0] for a, b in zip(ours, theirs)]
        cost = [b[1] / a[1] for a, b in zip(ours, theirs) if a[1]]
        print(f"{what}: {told('share of floor by speed', speed)}, {told('by processor time', cost)}")


if __name__ == "__main__":
    main()
