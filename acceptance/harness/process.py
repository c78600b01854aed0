"""Starting the programs of others and keeping what they say."""

import os
import subprocess


def run(arguments, seconds=120, environment=None, text=None, directory=None):
    """Runs a program; returns (exit code, standard output and error together). A time-out is exit code 124."""
    merged = dict(os.environ, **(environment or {}))
    try:
        done = subprocess.run([str(part) for part in arguments], env=merged, input=text, cwd=directory, timeout=seconds,
                              text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=None if text is not None else subprocess.DEVNULL)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        said = late.stdout or b""
        return 124, (said.decode(errors="replace") if isinstance(said, bytes) else said) + "\n(timed out)"


def run_apart(arguments, seconds=120, text=None):
    """Runs a program; returns (exit code, standard output, standard error)."""
    try:
        done = subprocess.run([str(part) for part in arguments], input=text, timeout=seconds, text=True, errors="replace", capture_output=True,
                              stdin=None if text is not None else subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        return 124, "", "(timed out)"


def last_line(text, default=""):
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else default
