"""Running strata on a store, checking its answers, and looking at the store's files."""

from __future__ import annotations

import json
import os
import re
import shutil

import process
from caches import Truth
from process import BenchError, Cost

STATUSES = ("added", "removed", "moved", "updated", "rebuilt", "unchanged", "failed")
# Only tables written outside RocksDB and handed over have this property: the columns, until `compact` or `gc` rewrites them.
COLUMN_TABLE_MARK = b"external_sst_file.global_seqno"  # its end: names of properties share their beginnings
TAIL = 64 << 10  # a table's properties are at its end


class Strata:
    """Remembers the highest peak of every command, under the label it was run as."""

    def __init__(self, program: str):
        self.program = program
        self.peaks: dict[str, int] = {}
        self.walls: dict[str, list[float]] = {}
        self.under_reported = 0  # bytes: most by which ru_maxrss was above what the program reported

    def run(self, label: str, store: str, command: str, *arguments: str, output: str = os.devnull) -> Cost:
        os.sync()  # what earlier commands wrote must not be paid by this one
        cost = process.run([self.program, command, *arguments, "--store", store, "--stats", "--quiet"], output)
        if not cost.stats:
            raise BenchError(f"strata {command} --stats printed no line")
        if label:
            self.peaks[label] = max(self.peaks.get(label, 0), cost.peak)
            self.walls.setdefault(label, []).append(cost.wall)
            self.under_reported = max(self.under_reported, cost.peak - cost.peak_reported)
        return cost

    def ask(self, store: str, *command: str) -> dict:
        """The one JSON object a command prints; not measured."""
        path = store + ".answer"
        try:
            process.run([self.program, *command, "--json", "--store", store, "--quiet"], path)
            with open(path, encoding="utf-8") as file:
                return json.loads(file.read())
        finally:
            if os.path.exists(path):
                os.unlink(path)


def size(store: str) -> int:
    """Bytes of all files, each once."""
    seen = {}
    for directory, _, names in os.walk(store):
        for name in names:
            status = os.stat(os.path.join(directory, name))
            seen[status.st_ino] = status.st_size
    return sum(seen.values())


def files(store: str) -> list[str]:
    return sorted(entry.path for entry in os.scandir(store) if entry.is_file())


def column_tables(store: str) -> list[str]:
    found = []
    for path in files(store):
        if not path.endswith(".sst"):
            continue
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - TAIL))
            if COLUMN_TABLE_MARK in file.read():
                found.append(path)
    return found


def join_columns(strata: Strata, store: str, target: str) -> int:
    """Writes all column tables of a store into one file; returns its size."""
    with open(target, "wb") as out:
        for table in column_tables(store):
            with open(table, "rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)
    joined, told = os.path.getsize(target), strata.ask(store, "stats")["store"]["table_column_bytes"]
    if joined != told:
        raise BenchError(f"found column tables of {joined} bytes, but strata stats says {told}")
    return joined


def copy(source: str, target: str) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def check_counts(strata: Strata, store: str, firmware: str, truth: Truth) -> None:
    told = strata.ask(store, "stats", firmware)["firmwares"][0]
    found = {"images": told["images"], "failed": told["failed"]}
    wanted = {"images": truth.images, "failed": 0}
    for fact, total in truth.totals.items():
        found[fact], wanted[fact] = told["columns"][fact]["entries"], total
    if found != wanted:
        raise BenchError(f"the index of {firmware} is wrong: it says {found}, the generator {wanted}")


def check_jsonl(path: str, truth: Truth) -> None:
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - (64 << 10)))
        last = file.read().splitlines()[-1]
    summary = json.loads(last)
    compare(path, {status: summary[status] for status in STATUSES}, truth)


def check_text(path: str, truth: Truth) -> None:
    with open(path, "rb") as file:
        first = file.read(4096).decode("utf-8", "replace").splitlines()
    # Two lines name the firmwares, one is empty, then comes the summary.
    compare(path, {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", first[3])}, truth)


def compare(path: str, found: dict[str, int], truth: Truth) -> None:
    if found != truth.summary:
        raise BenchError(f"the diff {os.path.basename(path)} is wrong: it says {found}, the generator {truth.summary}")


def same_content(one: str, two: str) -> bool:
    try:
        process.run(["cmp", "-s", one, two])
        return True
    except BenchError:
        return False
