"""The measurements. Each returns plain numbers and lists of samples; targets and tables are made of them elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import time
from statistics import median

import process
import store as stores
from caches import Cache, Change, Shape, change_of, warm
from process import BenchError, Cost
from store import Strata

OLD, NEW, AGAIN = "old", "new", "old-again"
NAMES_ASKED = 9


class Bench:
    def __init__(self, build: str, directory: str, runs: int):
        self.strata = Strata(os.path.join(build, "tools/strata/strata"))
        self.dscgen = os.path.join(build, "tools/dscgen/dscgen")
        self.directory = directory
        self.runs = runs
        self.jobs = os.cpu_count() or 1
        self.start = time.monotonic()

    def path(self, name: str) -> str:
        return os.path.join(self.directory, name)

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.start:6.1f} s] {text}", file=sys.stderr, flush=True)

    def cache(self, name: str) -> Cache:
        return Cache(self.dscgen, self.path(name))

    def index(self, label: str, cache: Cache, store: str, name: str, jobs: int) -> Cost:
        return self.strata.run(label, store, "index", cache.directory, "--name", name, "--jobs", str(jobs))

    def diff(self, label: str, store: str, new: str, form: str, output: str) -> Cost:
        return self.strata.run(label, store, "diff", OLD, new, "--format", form, "--output", output)


def baseline(command: list[str]) -> float:
    os.sync()
    return process.run(command).wall


def first_index(bench: Bench, old: Cache) -> dict:
    """Index of one firmware into an empty store, beside reading the same files with sha256sum and with cat."""
    files, store = old.files(), bench.path("store")
    result = {"source_bytes": old.size(), "files": len(files), "sha256sum": [], "cat": [], "core_1": [], "jobs_1": [], "jobs_all": [], "passed_to_write": [],
              "written": []}
    old.warm()
    for run in range(bench.runs):
        bench.say(f"index of one firmware, run {run + 1} of {bench.runs}")
        result["sha256sum"].append(baseline(["sha256sum", *files]))
        result["cat"].append(baseline(["cat", *files]))
        with process.one_core():
            shutil.rmtree(store, ignore_errors=True)
            result["core_1"].append(bench.index("index", old, store, OLD, bench.jobs).wall)
        for jobs, key in ((1, "jobs_1"), (bench.jobs, "jobs_all")):
            shutil.rmtree(store, ignore_errors=True)
            cost = bench.index("index", old, store, OLD, jobs)
            result[key].append(cost.wall)
            result["passed_to_write"].append(cost.passed_to_write)
            result["written"].append(cost.written)
    stores.check_counts(bench.strata, store, OLD, old.truth)
    tables = stores.column_tables(store)
    result |= {
        "bytes_read": cost.stats["bytes_read"],
        "column_bytes_written": cost.stats["column_bytes_written"],
        "column_bytes_extracted": cost.stats["column_bytes_written"] + cost.stats["column_bytes_shared"],
        "column_table_bytes": sum(os.path.getsize(path) for path in tables),
        "column_tables": len(tables),
        "store_bytes": stores.size(store),
        "totals": old.truth.totals,
    }
    return result


def unchanged(bench: Bench, old: Cache) -> dict:
    """Diffs that have nothing to say: a firmware with itself, and with the same one indexed under another name."""
    store = bench.path("pair")
    stores.copy(bench.path("store"), store)
    bench.say("diffs of what did not change")
    bench.index("second index (same content)", old, store, AGAIN, bench.jobs)
    result = {}
    for key, new in (("self", OLD), ("pair", AGAIN)):
        costs = [bench.diff("diff, unchanged", store, new, "jsonl", bench.path("report")) for _ in range(bench.runs)]
        counts = [cost.stats["records_in_place"] + cost.stats["records_copied"] for cost in costs]
        result[key] = {"wall": [cost.wall for cost in costs], "records": max(counts)}
    shutil.rmtree(store)
    return result


def symbol_names(bench: Bench, store: str, image: str) -> list[str]:
    """Names of one image that need no quoting anywhere."""
    path = bench.path("names")
    bench.strata.run("symbols (largest image)", store, "symbols", OLD, image, "--kind", "local,export", output=path)
    with open(path, encoding="utf-8") as file:
        names = [line.rstrip("\n").split("\t")[2] for line in file]
    os.unlink(path)
    return [name for name in names if name.startswith("_") and name.replace("_", "").isalnum()]


def symbol_bytes(bench: Bench, store: str) -> int:
    """Of all columns of symbols."""
    stats = bench.strata.ask(store, "stats")
    return sum(firmware["columns"]["symbols"]["bytes"] for firmware in stats["firmwares"])


def asked_names(names: list[str]) -> list[str]:
    """Some from all over the alphabet: what one search costs is chance, namely how common the words of its name are."""
    return [names[len(names) * (i + 1) // (NAMES_ASKED + 1)] for i in range(NAMES_ASKED)]


def middle_of(name: str) -> str:
    return name[len(name) // 3:2 * len(name) // 3]


def ask(bench: Bench, store: str, label: str, patterns: list[list[str]]) -> dict:
    """Asks each pattern; a run is the mean of all of them."""
    runs = [[bench.strata.run(f"find, {label}", store, "find", *pattern) for pattern in patterns] for _ in range(max(3, bench.runs))]

    def mean(*fields: str) -> int:
        return round(sum(cost.stats[field] for cost in runs[0] for field in fields) / len(patterns))

    return {"wall": [sum(cost.wall for cost in costs) / len(costs) for costs in runs], "asked": len(patterns),
            "records": mean("records_in_place", "records_copied"), "bytes": mean("record_bytes_in_place", "record_bytes_copied")}


def queries(bench: Bench, old: Cache) -> dict:
    """find over one firmware, beside cat and grep of as many bytes of column tables as all columns of symbols have."""
    store, columns = bench.path("store"), bench.path("columns")
    names = asked_names(symbol_names(bench, store, old.truth.largest))
    middles = [middle_of(name) for name in names]
    asked = {
        "exact": [[name] for name in names],
        "prefix": [["--prefix", name[:2 * len(name) // 3]] for name in names],
        "glob": [["--glob", f"*{middle}*"] for middle in middles],
        "regex, with a literal": [["--regex", f"{middle}[A-Za-z]*[0-9]?$"] for middle in middles],
        "regex, without": [["--regex", "[QXZ][a-z]+[QXZ][a-z]+[QXZ]"]],
        "regex, in strings": [["--regex", f"{middle}.*x", "--in", "strings"] for middle in middles],
    }
    warm(stores.files(store))
    bench.say("queries")
    result = {label: ask(bench, store, label, patterns) for label, patterns in asked.items()}
    stores.join_columns(bench.strata, store, columns)
    os.truncate(columns, min(symbol_bytes(bench, store), os.path.getsize(columns)))
    warm([columns])
    result["baseline_bytes"] = os.path.getsize(columns)
    result["cat"] = [baseline(["cat", columns]) for _ in range(max(3, bench.runs))]
    result["grep"] = [grep_all(middles, columns) for _ in range(max(3, bench.runs))]
    os.unlink(columns)
    return result


def grep_all(middles: list[str], file: str) -> float:
    """Seconds for one of them, in the mean. grep stops at its first match when it writes to /dev/null, and searches no further in a line that it
    counts: it gets a pipe, and texts that are not there."""
    script = 'LC_ALL=C grep -c -a -F -e "$1" "$2" | cat'
    return sum(baseline(["sh", "-c", script, "sh", middle + "\x7f", file]) for middle in middles) / len(middles)


def variant(bench: Bench, old: Cache, name: str) -> dict:
    """A second firmware into the store, and its diffs with the first; leaves that store in `pair`."""
    change = change_of(name, old.truth.images)
    bench.say(f"{change.title}: making the new cache")
    new = bench.cache("new")
    new.make_next(old, change)
    result = {"title": change.title, "images": new.truth.images, "summary": new.truth.summary}
    try:
        result |= second_index(bench, new)
    finally:
        new.remove()
    result |= diffs(bench, new)
    return result


def second_index(bench: Bench, new: Cache) -> dict:
    files, store = new.files(), bench.path("pair")
    before = stores.size(bench.path("store"))
    result = {"source_bytes": new.size(), "sha256sum": [], "index": []}
    new.warm()
    for run in range(bench.runs):
        bench.say(f"second index, run {run + 1} of {bench.runs}")
        result["sha256sum"].append(baseline(["sha256sum", *files]))
        stores.copy(bench.path("store"), store)
        cost = bench.index("second index", new, store, NEW, bench.jobs)
        result["index"].append(cost.wall)
    stores.check_counts(bench.strata, store, NEW, new.truth)
    result |= {
        "store_before": before,
        "store_after": stores.size(store),
        "column_bytes_written": cost.stats["column_bytes_written"],
        "column_bytes_shared": cost.stats["column_bytes_shared"],
    }
    return result


def diffs(bench: Bench, new: Cache) -> dict:
    """Diffs of old and new in both forms, beside cmp of the stored columns with a copy of them."""
    store, columns, twin = bench.path("pair"), bench.path("columns"), bench.path("columns.copy")
    result: dict = {"cmp": [], "text": [], "jsonl": [], "cmp_bytes": stores.join_columns(bench.strata, store, columns)}
    shutil.copyfile(columns, twin)
    warm([*stores.files(store), columns, twin])
    bench.say(f"diffs, {bench.runs} run{'s' if bench.runs > 1 else ''}")
    for _ in range(bench.runs):
        result["cmp"].append(baseline(["cmp", columns, twin]))
        for form, check in (("text", stores.check_text), ("jsonl", stores.check_jsonl)):
            report = bench.path("report." + form)
            cost = bench.diff(f"diff {form}", store, NEW, form, report)
            check(report, new.truth)
            result[form].append(cost.wall)
            result["report_" + form] = os.path.getsize(report)
    os.unlink(columns)
    os.unlink(twin)
    for key in ("records_in_place", "records_copied", "record_bytes_in_place", "record_bytes_copied"):
        result[key] = cost.stats[key]
    return result


def maintenance(bench: Bench, old: Cache) -> dict:
    """Every other command, once, on the store of two firmwares that `variant` left. Ends with the store in pieces."""
    store, imported, bundle = bench.path("pair"), bench.path("imported"), bench.path("bundle")
    bench.say("the other commands")
    report = bench.path("report.jsonl")
    sizes = {"two firmwares": stores.size(store)}

    def step(label: str, command: str, *arguments: str, at: str = store) -> None:
        bench.strata.run(label, at, command, *arguments)

    step("list", "list", "--json")
    step("images", "images", OLD, "--json")
    step("show (firmware)", "show", OLD, "--json")
    step("show (largest image)", "show", OLD, old.truth.largest, "--json")
    step("stats", "stats", "--json")
    step("verify", "verify")
    step("export", "export", OLD, NEW, "--output", bundle)
    sizes["bundle"] = os.path.getsize(bundle)
    step("import", "import", bundle, at=imported)
    expect_same_diff(bench, imported, report, "diff jsonl", "import")
    shutil.rmtree(imported)
    os.unlink(bundle)
    step("freeze", "freeze", OLD, NEW)
    sizes["frozen"] = stores.size(store)
    expect_same_diff(bench, store, report, "diff of frozen", "freeze")
    step("thaw", "thaw", OLD, NEW)
    expect_same_diff(bench, store, report, "diff jsonl", "thaw")
    step("remove", "remove", NEW, "--keep-columns")
    step("gc", "gc")
    sizes["collected"] = stores.size(store)
    step("compact", "compact")
    sizes["compacted"] = stores.size(store)
    step("verify", "verify")
    return sizes


def expect_same_diff(bench: Bench, store: str, expected: str, label: str, after: str) -> None:
    report = bench.path("report.again")
    bench.diff(label, store, NEW, "jsonl", report)
    if not stores.same_content(expected, report):
        raise BenchError(f"the diff after {after} is another than before")


def curve_point(bench: Bench, shape: Shape) -> dict:
    """Index and point diff at one size. Only one cache is on disk at a time."""
    bench.say(f"curve: {shape.images} images")
    store, report = bench.path("curve-store"), bench.path("curve-report")
    strata = Strata(bench.strata.program)  # peaks of these sizes are the curve's alone
    old, new = bench.cache("curve-old"), bench.cache("curve-new")
    old.make(shape)
    old.warm()
    result = {"images": shape.images, "bytes": old.size(), "symbols": old.truth.totals["symbols"],
              "largest_image": old.truth.most_symbols}
    index = []
    for _ in range(bench.runs):
        shutil.rmtree(store, ignore_errors=True)
        index.append(strata.run("index", store, "index", old.directory, "--name", OLD).wall)
    old.drop_files()
    new.make_next(old, change_of("point", shape.images))
    strata.run("index", store, "index", new.directory, "--name", NEW)
    new.remove()
    warm(stores.files(store))
    diff = [strata.run("diff", store, "diff", OLD, NEW, "--format", "jsonl", "--output", report).wall for _ in range(bench.runs)]
    stores.check_jsonl(report, new.truth)
    result |= {"index": median(index), "diff": median(diff), "index_peak": strata.peaks["index"], "diff_peak": strata.peaks["diff"],
               "store_bytes": stores.size(store)}
    old.remove()
    shutil.rmtree(store)
    return result


def measure(bench: Bench, shape: Shape, variants: list[str], curve: list[int]) -> dict:
    results: dict = {"variants": {}, "curve": []}
    old = bench.cache("old")
    bench.say(f"making the old cache: {shape.images} images")
    old.make(shape)
    results["first"] = first_index(bench, old)
    results["queries"] = queries(bench, old)
    results["unchanged"] = unchanged(bench, old)
    old.drop_files()  # from here on the store has all that is asked for
    # The other commands run on the largest store there will be.
    last = "major" if "major" in variants else variants[-1]
    for name in variants:
        results["variants"][name] = variant(bench, old, name)
        if name == last:
            results["sizes"] = maintenance(bench, old)
        shutil.rmtree(bench.path("pair"))
    results["maintenance_variant"] = last
    results["peaks"] = bench.strata.peaks
    results["walls"] = {label: median(walls) for label, walls in bench.strata.walls.items()}
    results["under_reported"] = bench.strata.under_reported
    old.remove()
    shutil.rmtree(bench.path("store"))
    results["curve"] = [curve_point(bench, shape.scaled(images)) for images in curve]
    return results
