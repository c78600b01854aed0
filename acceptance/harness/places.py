"""Where things are. Everything that a run makes lies below HOME, which git does not see."""

import os
import random
import socket
from pathlib import Path

ACCEPTANCE = Path(__file__).resolve().parent.parent
ROOT = ACCEPTANCE.parent
GOLDEN = ROOT / "tests" / "golden"
HOME = Path(os.environ.get("ACCEPTANCE_HOME", ROOT / "target" / "acceptance")).resolve()
PYTHON = HOME / "venv" / "bin" / "python3"
NODE_MODULES = HOME / "js" / "node_modules"
KAFKA_DIST = Path(os.environ.get("KAFKA_DIST", HOME / "kafka-4.3.1"))
JACKDAW = Path(os.environ.get("JACKDAW", ROOT / "target" / "release" / "jackdaw")).resolve()


def free_ports(span=1):
    """A port on loopback that is free, with the span - 1 ports behind it; below the range that the system hands out.

    Begins anywhere, so that two runs beside each other rarely ask for the same one."""
    first = random.randrange(270)
    for port in (21092 + (first + step) % 270 * 40 for step in range(270)):
        held = []
        try:
            for offset in range(span):
                probe = socket.socket()
                held.append(probe)
                probe.bind(("127.0.0.1", port + offset))
            return port
        except OSError:
            continue
        finally:
            for probe in held:
                probe.close()
    raise RuntimeError("no free port on loopback")
