#!/usr/bin/env python3
"""Measures a fresh broker: start to first acknowledged produce, and resident memory when idle.

usage: python3 acceptance/footprint.py [--rounds 20]      needs only the release binary"""

import argparse
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import places  # noqa: E402


def text(value):
    return struct.pack(">h", len(value)) + value


def batch():
    """One record batch of version 2 with one record of ten bytes."""
    record = bytes([0, 0, 0, 1, 20]) + b"0123456789" + bytes([0])
    body = struct.pack(">hiqqqhi", 0, 0, 0, 0, -1, -1, -1) + struct.pack(">i", 1) + bytes([len(record) * 2]) + record
    return struct.pack(">qiib", 0, 4 + 1 + 4 + len(body), -1, 2) + struct.pack(">I", crc32c(body)) + body


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def request(key, version, body):
    payload = struct.pack(">hhi", key, version, 1) + text(b"footprint") + body
    return struct.pack(">i", len(payload)) + payload


def call(connection, frame):
    connection.sendall(frame)
    size = struct.unpack(">i", exactly(connection, 4))[0]
    return exactly(connection, size)


def exactly(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise OSError("closed")
        data += part
    return data


METADATA = request(3, 4, struct.pack(">i", 1) + text(b"first") + b"\x01")


def produce_frame():
    records = batch()
    body = struct.pack(">hhi", -1, -1, 5000) + struct.pack(">i", 1) + text(b"first") + struct.pack(">ii", 1, 0)
    return request(0, 3, body + struct.pack(">i", len(records)) + records)


def first_acknowledged(port, deadline):
    """Connects, lets the topic be made, produces until it is acknowledged."""
    frame = produce_frame()
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                call(connection, METADATA)
                while time.monotonic() < deadline:
                    answer = call(connection, frame)
                    # correlation id, 1 topic, name, 1 partition, index, error code
                    code = struct.unpack_from(">h", answer, 4 + 4 + 2 + 5 + 4 + 4)[0]
                    if code == 0:
                        return
        except OSError:
            time.sleep(0.0002)
    raise RuntimeError("no acknowledged produce in 20 s")


def resident_mib(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def one_round(directory, idle_s):
    """(seconds to the first acknowledged produce, MiB when idle for a while)."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    port = places.free_ports(3)
    command = [str(places.JACKDAW), "server"]
    for pair in (f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{port + 1}", f"jackdaw.http.port={port + 2}"):
        command += ["--override", pair]
    start = time.monotonic()
    running = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        first_acknowledged(port, start + 20)
        took = time.monotonic() - start
        time.sleep(idle_s)
        return took, resident_mib(running.pid)
    finally:
        running.terminate()
        running.wait(20)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    rounds = [one_round(places.HOME / "run" / "footprint", 1.0) for _ in range(arguments.rounds)]
    times = sorted(took * 1000 for took, _ in rounds)
    memory = sorted(size for _, size in rounds)
    print(f"start to first acknowledged produce: median {statistics.median(times):.1f} ms, {times[0]:.1f} to {times[-1]:.1f} ms, {len(times)} rounds")
    print(f"resident memory after one idle second: median {statistics.median(memory):.1f} MiB, at most {memory[-1]:.1f} MiB")


if __name__ == "__main__":
    main()
