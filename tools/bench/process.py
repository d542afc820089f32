"""Runs one program and says what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class BenchError(Exception):
    """Something could not be run, or gave a wrong answer."""


@dataclass
class Cost:
    wall: float  # seconds, from before the process is started to its end
    peak: int  # bytes: the larger of what the program says (VmHWM) and of what the kernel says after its end (ru_maxrss)
    peak_reported: int  # bytes: VmHWM as the program itself read it just before its end; 0 when it does not say
    passed_to_write: int | None  # bytes given to write() and its kin, to whatever file; None where the kernel does not count
    written: int | None  # bytes the process made dirty in files, or wrote past the page cache; None likewise
    stats: dict  # the --stats line; empty when there is none


def run(command: list[str], output: str = os.devnull) -> Cost:
    """Runs `command` with its standard output in the file `output`. Raises BenchError when it does not end with 0."""
    with tempfile.TemporaryFile() as errors, open(output, "wb") as out:
        start = time.perf_counter()
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        except OSError as error:
            raise BenchError(f"cannot run {command[0]}: {error}") from error
        try:
            # Waits without taking the process away: /proc still knows what it wrote.
            os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
            wall = time.perf_counter() - start
            counted = read_io(child.pid)
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:  # Ctrl-C: the child must be gone before its files are
            child.kill()
            child.wait()
            raise
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode("utf-8", "replace")
    if child.returncode != 0:
        raise BenchError(f"{' '.join(command)}\nended with {child.returncode}:\n{text.strip()[-4000:]}")
    stats = find_stats(text)
    reported = stats.get("peak_rss_bytes", 0)
    return Cost(
        wall=wall,
        peak=max(reported, usage.ru_maxrss * 1024),
        peak_reported=reported,
        passed_to_write=counted.get("wchar"),
        written=counted.get("write_bytes"),
        stats=stats,
    )


@contextmanager
def one_core() -> Iterator[None]:
    """Programs run inside have one core, whatever number of threads they start."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def read_io(pid: int) -> dict[str, int]:
    try:
        with open(f"/proc/{pid}/io") as file:
            return {key: int(value) for key, value in (line.split(":") for line in file)}
    except OSError:
        return {}


def find_stats(errors: str) -> dict:
    for line in reversed(errors.splitlines()):
        if line.startswith('{"type":"stats"'):
            return json.loads(line)
    return {}
