"""Bytes and behaviour that no good client has: each is answered or ended as by Kafka, and the others are served on."""

import resource
import socket
import struct
import sys
import time

from harness import cases, wire
from harness.broker import Broker

LOOKS_AT = "lengths that lie, garbage, HTTP and TLS on the Kafka port, slow clients, ten thousand connections"
QUICK = True
CONNECTIONS = 10_000
# What a broker may grow by for all of them together, and for clients that do not read.
GROWTH_MIB_MAX = 200


def connect(broker, seconds=10):
    host, port = broker.address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), seconds)
    connection.settimeout(seconds)
    return connection


def after(broker, data):
    """What comes back when these bytes are sent: the answer, or b"" if the connection is closed."""
    with connect(broker) as connection:
        try:
            connection.sendall(data)
            return connection.recv(4096)
        except (ConnectionResetError, BrokenPipeError):
            return b""


def closed(broker, data):
    cases.equal(after(broker, data), b"", "an answer")
    serves(broker)


def serves(broker):
    """A good client is answered."""
    with wire.Connection(broker.address, 20) as connection:
        cases.equal(connection.call("ApiVersions", 0)["ErrorCode"], 0, "error code")


def resident_mib(broker):
    for line in open(f"/proc/{broker.pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def case_negative_length(broker):
    closed(broker, struct.pack(">i", -1) + b"x" * 20)


def case_length_of_two_gigabytes(broker):
    before = resident_mib(broker)
    closed(broker, struct.pack(">i", 0x7FFFFFFF) + b"x" * 2000)
    cases.equal(resident_mib(broker) - before < 100, True, "memory is not taken for it")


def case_length_just_beyond_the_limit(broker):
    closed(broker, struct.pack(">i", 104_857_601) + b"x" * 2000)


def case_empty_frame(broker):
    closed(broker, struct.pack(">i", 0))


def case_header_that_ends_early(broker):
    closed(broker, struct.pack(">ih", 2, 18))


def case_client_id_that_ends_early(broker):
    closed(broker, struct.pack(">ihhih", 10, 18, 0, 1, 500))


def case_unknown_api(broker):
    closed(broker, struct.pack(">ihhih", 10, 999, 0, 1, -1))


def case_negative_api(broker):
    closed(broker, struct.pack(">ihhih", 10, -1, 0, 1, -1))


def case_unsupported_version(broker):
    closed(broker, struct.pack(">ihhih", 10, 3, 99, 1, -1))


def case_unsupported_version_of_apiversions_has_an_answer_in_version_0(broker):
    answer = after(broker, struct.pack(">ihhihb", 11, 18, 99, 7, -1, 0))
    cases.equal(struct.unpack_from(">ih", answer, 4), (7, 35), "correlation id and error code")


def case_body_that_ends_early(broker):
    frame = wire.frame("Metadata", 4, {"Topics": [{"Name": "x" * 30}]})
    closed(broker, struct.pack(">i", len(frame) - 14) + frame[4:-10])


def case_an_array_with_more_elements_than_bytes(broker):
    header = struct.pack(">hhih", 3, 4, 1, -1)
    before = resident_mib(broker)
    closed(broker, struct.pack(">i", len(header) + 4) + header + struct.pack(">i", 0x7FFFFFF0))
    cases.equal(resident_mib(broker) - before < 100, True, "memory is not taken for it")


def case_http(broker):
    closed(broker, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def case_tls(broker):
    closed(broker, bytes.fromhex("16030100c8010000c40303") + bytes(200))


def case_half_a_frame_and_silence(broker):
    held = [connect(broker) for _ in range(50)]
    for connection in held:
        connection.sendall(struct.pack(">i", 1000) + b"\0\x12")
    serves(broker)
    for connection in held:
        connection.close()
    serves(broker)


def case_a_byte_at_a_time(broker):
    frame = wire.frame("ApiVersions", 0, {})
    with connect(broker) as connection:
        for byte in frame:
            connection.sendall(bytes([byte]))
        cases.equal(len(connection.recv(4)), 4, "bytes of an answer")


def case_many_requests_at_once_are_answered_in_order(broker):
    with connect(broker) as connection:
        connection.sendall(b"".join(wire.frame("ApiVersions", 0, {}, number) for number in range(300)))
        stream = connection.makefile("rb")
        for number in range(300):
            answer = stream.read(struct.unpack(">i", stream.read(4))[0])
            cases.equal(struct.unpack_from(">i", answer)[0], number, "correlation id")


def case_clients_that_do_not_read(broker):
    before = resident_mib(broker)
    held = [connect(broker) for _ in range(20)]
    burst = b"".join(wire.frame("Metadata", 1, {"Topics": None}, number) for number in range(200))
    for connection in held:
        connection.setblocking(False)
        for _ in range(20):
            try:
                connection.send(burst)
            except BlockingIOError:
                break
    for _ in range(5):
        serves(broker)
        time.sleep(0.1)
    growth = resident_mib(broker) - before
    for connection in held:
        connection.close()
    cases.equal(growth < GROWTH_MIB_MAX, True, f"it grew by {growth:.0f} MiB")


def case_ten_thousand_connections(broker):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(CONNECTIONS, hard - 200)
    before = resident_mib(broker)
    held = []
    try:
        for _ in range(count):
            held.append(connect(broker, 30))
        serves(broker)
        for connection in held[:: count // 100]:
            connection.sendall(wire.frame("ApiVersions", 0, {}))
            cases.equal(len(connection.recv(4)), 4, "bytes of an answer")
        growth = resident_mib(broker) - before
        cases.equal(growth < GROWTH_MIB_MAX, True, f"it grew by {growth:.0f} MiB")
    finally:
        for connection in held:
            connection.close()
    serves(broker)


def run(context):
    broker = Broker(context.kind, "hostile")
    broker.remove()
    with broker:
        return cases.collect(cases.named(sys.modules[__name__]), broker)
