"""Three brokers, each controller, too, with replication factor 3: the profile `three` of broker.sh."""

import os
import signal
import subprocess

from . import places
from .broker import Broker


class ThreeBrokers(Broker):
    """As `Broker`; `address` names all three, which have the ids 1 to 3."""

    PROFILE = "three"
    STEP = 10

    def __init__(self, kind, name, properties=(), environment=None):
        super().__init__(kind, name, properties, places.free_ports(2 * self.STEP + 2), environment)
        self.address = ",".join(f"127.0.0.1:{self.port + self.STEP * index}" for index in range(3))

    def _pid_files(self):
        return sorted((self.home / self.kind).glob("node*.pid"))

    def stop(self):
        """All of them at once: who stops alone waits for a quorum that is no more."""
        pids = [int(file.read_text()) for file in self._pid_files()]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for pid in pids:
            # Two that are gone are a quorum that is gone: the last one cannot say goodbye to it.
            if not self._wait_for_end(pid, 20):
                os.kill(pid, signal.SIGKILL)
                self._wait_for_end(pid, 5)
        subprocess.run(["rm", "-f", *map(str, self._pid_files())], check=True)
