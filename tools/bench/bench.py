"""Benchmarks of strata on synthetic caches. tools/bench/run starts this; README.md says what is measured and how."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shlex
import shutil
import signal
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing may appear in the source tree

import chart
import machine
import report
import targets
from caches import Shape
from measure import Bench, measure
from process import BenchError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VARIANTS = ("point", "beta", "major")
COLUMN_BYTES = 110  # of the store, a symbol of the source: with its share of functions and strings
QUICK = {"images": 240, "symbols": 400_000, "bytes": 260_000_000, "runs": 1, "curve": [60, 120, 240]}
FULL = {"images": 4180, "symbols": 7_000_000, "bytes": 4_500_000_000, "runs": 3, "curve": [500, 1000, 2000, 4180, 8000]}


def image_counts(text: str) -> list[int]:
    if not all(part.isdecimal() and int(part) >= 10 for part in text.split(",") if text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of numbers from 10 upwards, as in 500,1000")
    return [int(part) for part in text.split(",") if text]


def variant_names(text: str) -> list[str]:
    names = text.split(",")
    if not set(names) <= set(VARIANTS) or len(set(names)) != len(names):
        raise argparse.ArgumentTypeError(f"'{text}' is not a list of some of {','.join(VARIANTS)}")
    return names


def at_least(lowest: int):
    def count(text: str) -> int:
        if not text.isdecimal() or int(text) < lowest:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {lowest} upwards")
        return int(text)

    return count


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools/bench/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures strata on synthetic caches, beside sha256sum, cat and cmp on the same bytes.",
        epilog="Exit codes: 0 measured, whatever the figures; 1 something failed to run or gave a wrong answer; 2 wrong usage or no space; "
               "130 interrupted.\n\nExamples:\n  tools/bench/run --quick\n  tools/bench/run --write-docs\n  tools/bench/run --images 1000 "
               "--symbols 1600000 --bytes 1000000000 --variants point --curve ''")
    parser.add_argument("--images", type=at_least(10), metavar="N", help=f"images of the first firmware ({FULL['images']})")
    parser.add_argument("--symbols", type=at_least(1000), metavar="N", help=f"its symbols ({FULL['symbols']})")
    parser.add_argument("--bytes", type=at_least(1_000_000), metavar="N", help=f"its size ({FULL['bytes']})")
    parser.add_argument("--runs", type=at_least(1), metavar="N", help=f"of everything that has a median ({FULL['runs']})")
    parser.add_argument("--variants", type=variant_names, default=list(VARIANTS), metavar="LIST", help="of point,beta,major (all)")
    parser.add_argument("--curve", type=image_counts, metavar="LIST",
                        help=f"image counts of the curve, '' for none ({','.join(map(str, FULL['curve']))})")
    parser.add_argument("--quick", action="store_true", help="small caches and one run, under a minute: shows that all works, not how fast it is")
    parser.add_argument("--dir", metavar="DIR", help="make the temporary directory in DIR (default: $TMPDIR, else /tmp)")
    parser.add_argument("--write-docs", nargs="?", const=os.path.join(ROOT, "docs"), metavar="DIR",
                        help="write benchmarks.md and benchmarks.svg to DIR (default: docs/ of this tree)")
    parser.add_argument("--json", metavar="FILE", help="write all samples to FILE")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.dir and not os.path.isdir(options.dir):
        parser.error(f"--dir: {options.dir} is not a directory")
    for name, value in (QUICK if options.quick else FULL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


def exact_command() -> str:
    """The command line without this machine's paths."""
    words, skip = [], False
    for word in sys.argv[1:]:
        if skip:
            skip = False
            continue
        name = word.split("=")[0]
        if name in ("--build", "--dir", "--json"):
            skip = "=" not in word
        elif name == "--write-docs" or not word.startswith("/"):
            words.append(name if name == "--write-docs" else word)
    return shlex.join(["tools/bench/run", *words])


def space_needed(shape: Shape, curve: list[int]) -> int:
    """The most there is at one time. A second firmware is at most some 10 % larger, and makes the store at most 2.1 times as large."""
    store = COLUMN_BYTES * shape.symbols
    needs = [int(1.15 * shape.bytes) + 4 * store, 8 * store]  # the second index; cmp, or export and import, without any cache
    needs += [int(1.05 * scaled.bytes) + 3 * COLUMN_BYTES * scaled.symbols for scaled in map(shape.scaled, curve)]
    return max(needs) + 200_000_000


def check_space(directory: str, needed: int) -> None:
    free = shutil.disk_usage(directory).free
    print(f"Needs up to {report.size(needed)} in {directory} for a while; {report.size(free)} are free.", file=sys.stderr)
    if free < needed:
        print("strata: not enough space: give another directory with --dir, or lower --images, --symbols, --bytes and --curve", file=sys.stderr)
        raise SystemExit(2)


def remarks_on(options: argparse.Namespace, shape: Shape) -> list[str]:
    remarks = []
    busy = machine.busy_share()
    if busy > 0.05:
        remarks.append(f"Other programs used {100 * busy:.0f} % of the processor when this started. Ratios suffer less from that than times.")
    largest = max([shape.images, *options.curve])
    if 1.2 * shape.scaled(largest).bytes > machine.memory_bytes("MemAvailable"):
        remarks.append("The largest cache may not fit into the page cache of this machine: times then include its disk.")
    if shape != Shape(FULL["images"], FULL["symbols"], FULL["bytes"]):
        remarks.append(f"The targets are meant for {FULL['images']:,} images; this run had {shape.images:,}. "
                       "Where there is little work, starting a process weighs most.")
    return remarks


def present(options: argparse.Namespace, shape: Shape, results: dict, remarks: list[str], where: str) -> None:
    jobs = os.cpu_count() or 1
    judged = targets.judge(results, jobs)
    made = report.tables(results, judged, jobs)
    print(f"strata benchmarks: {shape.images:,} images, {shape.symbols:,} symbols, {report.size(shape.bytes)}; medians of {options.runs}")
    print(where)
    print("\n".join(remarks + [report.as_text(table) for table in made]))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"machine": where, "targets": [vars(target) for target in judged], **results}, file, indent=1)
    if options.write_docs:
        os.makedirs(options.write_docs, exist_ok=True)
        date = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        text = report.document(made, where, date, exact_command(), remarks, bool(results["curve"]))
        with open(os.path.join(options.write_docs, "benchmarks.md"), "w", encoding="utf-8") as file:
            file.write(text)
        if results["curve"]:
            with open(os.path.join(options.write_docs, "benchmarks.svg"), "w", encoding="utf-8") as file:
                file.write(chart.draw(results["curve"]))


def interrupt(*_) -> None:
    raise KeyboardInterrupt


def main() -> int:
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, interrupt)
    shape = Shape(options.images, options.symbols, options.bytes)
    parent = os.path.abspath(options.dir or tempfile.gettempdir())
    check_space(parent, space_needed(shape, options.curve))
    remarks = remarks_on(options, shape)
    directory = tempfile.mkdtemp(prefix="strata-bench-", dir=parent)
    try:
        where = machine.describe(directory)
        results = measure(Bench(options.build, directory, options.runs), shape, options.variants, options.curve)
        present(options, shape, results, remarks, where)
    except (BenchError, OSError) as error:
        print(f"strata: benchmark failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("strata: interrupted; cleaning up", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
