"""One broker, Jackdaw or Apache Kafka, started by broker.sh from the same properties. Knows its process and its files."""

import os
import shutil
import signal
import subprocess
import time

from . import places


class Broker:
    """A running broker. `address` is its bootstrap, `data` its data directory, `log` what it wrote."""

    PROFILE = "one"

    def __init__(self, kind, name, properties=(), port=None, environment=None):
        self.kind = kind
        self.port = port or places.free_ports(2)
        self.address = f"127.0.0.1:{self.port}"
        self.home = places.HOME / "run" / name
        self.properties = [f"{key}={value}" for key, value in dict(properties).items()]
        if kind == "jackdaw" and not any(line.startswith("jackdaw.http.port") for line in self.properties):
            self.http_port = places.free_ports(3) + 2
            self.properties.append(f"jackdaw.http.port={self.http_port}")
        self.environment = environment or {}
        self.data = self.home / kind / "data0"
        self.log = self.home / kind / "node0.log"
        self.pid_file = self.home / kind / "node0.pid"

    def _script(self, command, keep):
        environment = dict(os.environ, PORT=str(self.port), DATA=str(self.home), DIST=str(places.KAFKA_DIST))
        environment.update(JACKDAW=str(places.JACKDAW), **self.environment)
        if keep:
            environment["KEEP"] = "1"
        arguments = ["bash", str(places.ACCEPTANCE / "broker.sh"), command, self.kind]
        if command == "up":
            arguments += [self.PROFILE, *self.properties]
        done = subprocess.run(arguments, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if command == "up" and done.returncode:
            raise RuntimeError(f"{self.kind} did not start: {done.stdout.strip()[-600:]}")

    def start(self, keep=False):
        """Starts on an empty directory, or with `keep` on what is there."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._script("up", keep)
        return self

    @property
    def pid(self):
        return int(self.pid_file.read_text())

    def _wait_for_end(self, pid, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                os.kill(pid, 0)
                state = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0]
                if state == "Z":
                    return True
            except (ProcessLookupError, FileNotFoundError):
                return True
            time.sleep(0.02)
        return False

    def stop(self):
        """A clean stop; one that takes longer than half a minute is a failure, and is ended."""
        if not self.pid_file.exists():
            return
        pid = self.pid
        os.kill(pid, signal.SIGTERM)
        ended = self._wait_for_end(pid, 40)
        if not ended:
            os.kill(pid, signal.SIGKILL)
            self._wait_for_end(pid, 5)
        self.pid_file.unlink(missing_ok=True)
        if not ended:
            raise RuntimeError(f"{self.kind} did not stop within 40 s of SIGTERM")

    def kill(self):
        """kill -9."""
        pid = self.pid
        os.kill(pid, signal.SIGKILL)
        self._wait_for_end(pid, 10)
        self.pid_file.unlink(missing_ok=True)

    def alive(self):
        """Whether the process is there."""
        try:
            os.kill(self.pid, 0)
            return True
        except (OSError, FileNotFoundError):
            return False

    def remove(self):
        """Deletes what it left behind."""
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        try:
            self.stop()
        except RuntimeError:
            if kind is None:
                raise
