"""Starting and stopping the binary: what it says, what it refuses, what it leaves behind, what it serves over HTTP."""

import json
import resource
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from harness import cases, places, process, segments, wire

LOOKS_AT = "the command line: first and second start, refusals with reasons, clean stop, HTTP, tools by name"
QUICK = True
OURS = True
STARTED = "Kafka Server started"


class Server:
    """`jackdaw server` in a directory of its own, with arguments as a person would type them."""

    def __init__(self, name, *arguments, fresh=True):
        self.directory = places.HOME / "run" / "start" / name
        if fresh:
            shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = places.free_ports(3)
        self.http = self.port + 2
        self.arguments = [f"listeners=PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.port + 1}",
                          f"jackdaw.http.port={self.http}", *arguments]
        self.output = self.directory / "output.txt"

    def start(self):
        """Starts it and waits until it serves or has ended."""
        command = [str(places.JACKDAW), "server"]
        for pair in self.arguments:
            command += ["--override", pair]
        self.process = subprocess.Popen(command, cwd=self.directory, stdin=subprocess.DEVNULL,
                                        stdout=open(self.output, "w"), stderr=subprocess.STDOUT)
        cases.eventually(lambda: self.process.poll() is not None or STARTED in self.said(), "it serves or ends", 15)
        return self

    def said(self):
        return self.output.read_text(errors="replace")

    def stop(self, how=signal.SIGTERM):
        """Ends it; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)

    def serving(self):
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}: {self.said()[-400:]}")
        return self

    def get(self, path):
        """(status, text) over HTTP."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def __enter__(self):
        return self.start().serving()

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)


def refused(name, *arguments):
    """What it says when it does not start; that it starts is a failure."""
    server = Server(name, *arguments)
    server.start()
    served = server.process.poll() is None
    code = server.stop(signal.SIGKILL)
    cases.equal(served, False, f"it serves with {arguments}")
    cases.equal(code > 0, True, f"exit code {code}")
    return server.said()


def case_it_says_that_it_serves(_):
    with Server("serves") as server:
        cases.contains(server.said(), "[KafkaRaftServer nodeId=1] Kafka Server started")
        cases.equal((server.directory / "jackdaw-data" / "meta.properties").exists(), True, "meta.properties")


def case_a_clean_stop_has_exit_code_0(_):
    for how in (signal.SIGTERM, signal.SIGINT):
        server = Server("stops").start().serving()
        cases.equal(server.stop(how), 0, f"exit code after {how.name}: {server.said()[-300:]}")
        cases.equal((server.directory / "jackdaw-data" / ".kafka_cleanshutdown").exists(), True, ".kafka_cleanshutdown")


def case_a_second_start_serves_what_was_stored(_):
    from suites.confluent import produce, read
    server = Server("again").start().serving()
    server.address = f"127.0.0.1:{server.port}"
    produce(server, "kept", [b"%d" % i for i in range(100)])
    cases.equal(server.stop(), 0, "exit code")
    again = Server("again", fresh=False)
    with again:
        again.address = f"127.0.0.1:{again.port}"
        cases.equal(read(again, "kept", 0, 100), [b"%d" % i for i in range(100)], "values")
    segments.check(server.directory / "jackdaw-data", "start, second start killed", crashed=True)


def case_http(_):
    with Server("http") as server:
        status, text = server.get("/metrics")
        cases.equal(status, 200, "/metrics")
        cases.contains(text, "# TYPE")
        cases.equal(server.get("/healthz")[0], 200, "/healthz")
        cases.equal(server.get("/readyz")[0], 200, "/readyz")
        cases.equal(server.get("/version")[0], 200, "/version")
        cases.equal(server.get("/nowhere")[0], 404, "/nowhere")


def case_what_would_protect_and_does_not_is_refused(_):
    for name, pair, named in (
            ("authorizer", "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "authorizer.class.name"),
            ("sasl", "listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT", "SASL_PLAINTEXT"),
            ("ssl", "listener.security.protocol.map=PLAINTEXT:SSL,CONTROLLER:PLAINTEXT", "SSL")):
        cases.contains(refused(f"refuses-{name}", pair), named)


def case_a_bad_value_names_the_property_and_what_is_allowed(_):
    cases.contains(refused("bad-value", "log.segment.bytes=small"), "log.segment.bytes", "small")
    cases.contains(refused("bad-range", "num.partitions=0"), "num.partitions", "0")


def case_a_bad_value_in_a_file_names_its_line(_):
    directory = places.HOME / "run" / "start" / "bad-file"
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "server.properties"
    file.write_text("# a comment\nnode.id=1\nlog.retention.hours=many\n")
    code, said = process.run([places.JACKDAW, "server", file], seconds=15, directory=directory)
    cases.equal(code not in (0, 124), True, f"exit code {code}")
    cases.contains(said, "server.properties:3", "log.retention.hours", "many")


def case_an_unknown_name_is_a_warning_with_the_nearest_one(_):
    with Server("unknown", "log.retention.hour=5") as server:
        cases.contains(server.said(), "log.retention.hour", "log.retention.hours")


def case_a_taken_port_is_named(_):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused("taken", f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{places.free_ports(2)}")
        cases.contains(said, str(port))


def case_a_locked_directory_is_refused(_):
    with Server("locked") as server:
        said = refused("locked-second", f"log.dirs={server.directory / 'jackdaw-data'}")
        cases.contains(said, "jackdaw-data")


def case_another_nodes_directory_is_refused(_):
    server = Server("of-another").start().serving()
    server.stop()
    said = refused("of-another-second", f"log.dirs={server.directory / 'jackdaw-data'}", "node.id=7",
                   "controller.quorum.voters=")
    cases.contains(said, "7", "1")


def case_help_for_everything(_):
    for arguments in (["--help"], ["server", "--help"], ["--version"]):
        code, said = process.run([places.JACKDAW, *arguments], seconds=10)
        cases.equal((code, bool(said.strip())), (0, True), f"jackdaw {' '.join(arguments)}")


def case_format_under_kafkas_name(_):
    directory = places.HOME / "run" / "start" / "format"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    file = directory / "server.properties"
    file.write_text(f"process.roles=broker,controller\nnode.id=4\nlog.dirs={directory / 'data'}\ncontroller.listener.names=CONTROLLER\n"
                    "listeners=PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093\n")
    code, said = process.run([places.JACKDAW, "storage", "format", "--standalone", "--cluster-id", "MkU3OEVBNTcwNTJENDM2Qk",
                              "--config", file], seconds=15)
    cases.equal(code, 0, f"exit code of storage format: {said[-300:]}")
    cases.contains((directory / "data" / "meta.properties").read_text(), "cluster.id=MkU3OEVBNTcwNTJENDM2Qk", "node.id=4", "version=1")
    found = (directory / "data" / "__cluster_metadata-0" / "00000000000000000000-0000000000.checkpoint").exists()
    cases.equal(found, True, "the 0-0 checkpoint is there")


def case_links_make_the_tools(_):
    directory = places.HOME / "run" / "start" / "links"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    code, said = process.run([places.JACKDAW, "links", directory], seconds=10)
    cases.equal(code, 0, f"exit code of links: {said[-300:]}")
    found = {path.name for path in (directory / "bin").iterdir()}
    cases.equal({"kafka-server-start.sh", "kafka-storage.sh"} <= found, True, f"links: {sorted(found)}")


def case_a_node_without_files_left_goes_on_when_there_are_some(_):
    with Server("no-files") as server:
        held = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(20)]
        cases.eventually(lambda: all(asks(one) for one in held), "they are served", 10)
        pid = server.process.pid
        count = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (count + 1, before[1]))
        late = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(10)]
        cases.eventually(lambda: "connections cannot be accepted" in server.said(), "it says why", 10)
        cases.equal(all(asks(one) for one in held), True, "those before are served")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        cases.eventually(lambda: all(asks(one) for one in late), "those that waited are served", 10)
        for one in held + late:
            one.close()
        cases.equal(server.stop(), 0, "exit code")


def asks(connection):
    """Whether ApiVersions is answered on this connection."""
    connection.settimeout(5)
    connection.sendall(wire.frame("ApiVersions", 0, {}))
    size = int.from_bytes(connection.recv(4, socket.MSG_WAITALL), "big")
    return len(connection.recv(size, socket.MSG_WAITALL)) == size > 0


def case_logs_as_json(_):
    directory = places.HOME / "run" / "start" / "json"
    server = Server("json")
    command = [str(places.JACKDAW), "server", "--log-format", "json"]
    for pair in server.arguments:
        command += ["--override", pair]
    with open(server.output, "w") as output:
        running = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    cases.eventually(lambda: running.poll() is not None or STARTED in server.said(), "it serves or ends", 15)
    running.terminate()
    cases.equal(running.wait(20), 0, f"exit code; it said {server.said()[-300:]}")
    for line in server.said().splitlines():
        json.loads(line)


def run(context):
    return cases.collect(cases.named(sys.modules[__name__]), context)
