"""A suite's cases as functions: each passes by returning and fails by raising."""

import time
import traceback


def collect(functions, *arguments):
    """Runs the functions named case_…, each by itself; returns {case: None or reason}."""
    outcomes = {}
    for function in functions:
        name = function.__name__.removeprefix("case_").replace("_", " ")
        outcomes[name] = attempt(function, *arguments)
    return outcomes


def attempt(function, *arguments):
    """None if the function returns, else why it did not."""
    try:
        function(*arguments)
        return None
    except Exception as error:  # noqa: BLE001 - a case may fail in any way
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error).strip()[:240]} (line {where.lineno})".replace("\n", " ")


def of_lines(said):
    """The outcomes that a program of another language printed: `ok CASE` or `not ok CASE: reason`."""
    outcomes = {}
    for line in said.splitlines():
        if line.startswith("ok "):
            outcomes[line[3:]] = None
        elif line.startswith("not ok "):
            name, _, reason = line[7:].partition(": ")
            outcomes[name] = reason
    return outcomes


def named(module):
    """The functions case_… of a module, in the order in which they stand."""
    return [value for name, value in vars(module).items() if name.startswith("case_")]


def equal(actual, expected, what=""):
    """Both are the same."""
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r} instead of {expected!r}")


def contains(text, *parts):
    """The text holds every part."""
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in {text.strip()[-300:]!r}")


def eventually(check, what, seconds=10):
    """The check holds within some seconds: a broker's metadata follows its controller's."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
