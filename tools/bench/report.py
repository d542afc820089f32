"""Results as tables: aligned text for the terminal, Markdown for docs/benchmarks.md."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from targets import MIB, Target, growth, in_place_share, write_amplification

# Timed in a place of their own, several times each; all others ran once.
TIMED_ELSEWHERE = ("index", "second index", "diff text", "diff jsonl", "diff, unchanged")


@dataclass
class Table:
    title: str
    note: str  # one paragraph of Markdown, also readable as it is
    head: list[str]
    rows: list[list[str]]


def seconds(value: float) -> str:
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"


def size(count: float) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.2f} {unit}"
    return f"{count:.0f} bytes"


def rate(count: float, wall: float) -> str:
    return f"{count / wall / 1e6:,.0f} MB/s"


def spread(samples: list[float]) -> str:
    return f"{seconds(min(samples))} to {seconds(max(samples))}" if len(samples) > 1 else "one run"


def tables(results: dict, targets: list[Target], jobs: int) -> list[Table]:
    made = [target_table(targets), index_table(results["first"], jobs), store_table(results), second_table(results), diff_table(results),
            query_table(results["queries"]), command_table(results)]
    if results["curve"]:
        made.append(curve_table(results["curve"]))
    return made


def target_table(targets: list[Target]) -> Table:
    reached = sum(target.reached is True for target in targets)
    return Table("Targets", f"{reached} of {len(targets)} reached.", ["figure", "measured", "target", ""],
                 [[target.what, target.figure, target.target, target.verdict()] for target in targets])


def index_table(first: dict, jobs: int) -> Table:
    base = median(first["sha256sum"])
    rows = []
    for what, key in ((f"strata index, {jobs} jobs", "jobs_all"), ("strata index, 1 job", "jobs_1"),
                      (f"strata index, {jobs} jobs on one core", "core_1"), ("sha256sum", "sha256sum"), ("cat", "cat")):
        wall = median(first[key])
        rows.append([what, seconds(wall), spread(first[key]), rate(first["source_bytes"], wall), f"{wall / base:.2f}"])
    totals = first["totals"]
    note = (f"One firmware of {size(first['source_bytes'])} in {first['files']} files, with {totals['symbols']:,} symbols, "
            f"{totals['functions']:,} functions and {totals['strings']:,} strings, into an empty store; all of the files are in the page cache. "
            f"strata looks at {size(first['bytes_read'])} of them; its rate counts all.")
    return Table("Indexing", note, ["command", "median", "range", "rate", "to sha256sum"], rows)


def store_table(results: dict) -> Table:
    first = results["first"]
    store, extracted = first["store_bytes"], first["column_bytes_extracted"]
    rows = [
        ["store with one firmware", size(store)],
        ["of its source", f"{100 * store / first['source_bytes']:.1f} %"],
        ["column bytes extracted", size(extracted)],
        ["column bytes written (the others were there already)", size(first["column_bytes_written"])],
        ["store / column bytes extracted", f"{store / extracted:.3f}"],
        [f"column tables ({first['column_tables']} files)", size(first["column_table_bytes"])],
        ["column tables / column bytes written", f"{first['column_table_bytes'] / first['column_bytes_written']:.3f}"],
    ]
    amplification = write_amplification(first)
    if amplification is not None:
        rows.append(["bytes passed to write() by the index process", size(max(first["passed_to_write"]))])
        rows.append(["the same / column bytes written", f"{amplification:.3f}"])
        rows.append(["bytes made dirty by the index process / column bytes written", f"{max(first['written']) / first['column_bytes_written']:.3f}"])
    names = {"two firmwares": "before", "frozen": "both frozen", "bundle": "bundle of both (export)",
             "collected": "second one removed, then gc", "compacted": "then compact"}
    sizes = results["sizes"]
    title = results["variants"][results["maintenance_variant"]]["title"]
    rows += [[f"two firmwares ({title}), {names[key]}", size(sizes[key])] for key in names]
    note = ("Written bytes are those of the whole index process, as the kernel counts them in `/proc/PID/io`: columns, and also heads, digests, the "
            "log and everything else RocksDB writes, so they are an upper bound for the columns.")
    return Table("Store", note, ["", "size"], rows)


def second_table(results: dict) -> Table:
    rows = []
    for variant in results["variants"].values():
        wall, summary = median(variant["index"]), variant["summary"]
        rows.append([variant["title"], f"{summary['updated'] + summary['rebuilt']} changed, {summary['added']} added, {summary['removed']} removed",
                     seconds(wall), rate(variant["source_bytes"], wall), f"{wall / median(variant['sha256sum']):.2f}",
                     size(variant["store_after"] - variant["store_before"]), f"{growth(variant):.2f} %",
                     size(variant["column_bytes_shared"])])
    note = "The next version of the same firmware, into the store that holds the first. What is already there is not stored again."
    return Table("Second firmware", note,
                 ["", "images", "index", "rate", "to sha256sum", "store grows by", "in %", "column bytes found there"], rows)


def diff_table(results: dict) -> Table:
    rows = []
    index = median(results["first"]["jobs_all"])
    for variant in results["variants"].values():
        read = variant["record_bytes_in_place"] + variant["record_bytes_copied"]
        records = variant["records_in_place"] + variant["records_copied"]
        comparing = median(variant["cmp"])
        for form in ("text", "jsonl"):
            wall = median(variant[form])
            rows.append([f"{variant['title']}, {form}", seconds(wall), spread(variant[form]), size(variant["report_" + form]), f"{records:,}",
                         size(variant["record_bytes_in_place"]), size(variant["record_bytes_copied"]), rate(read, wall),
                         f"{wall / comparing:.2f}"])
        double = 2 * variant["cmp_bytes"]
        rows.append([f"{variant['title']}, cmp of the columns", seconds(comparing), spread(variant["cmp"]), "", "", "", size(double),
                     rate(double, comparing), "1.00"])
    for key, what in (("self", "a firmware with itself"), ("pair", "two equal firmwares")):
        nothing = results["unchanged"][key]
        wall = median(nothing["wall"])
        rows.append([f"{what}, jsonl", seconds(wall), spread(nothing["wall"]), "", f"{nothing['records']:,}", "", "", "", ""])
    share = in_place_share(results["variants"].values())
    note = ("The report goes to a file. Its summary equals what the generator says it changed. cmp compares the store's column tables, joined into one "
            f"file, with a copy of it, and so reads every stored byte twice. Indexing a firmware takes {seconds(index)}. "
            + ("No records were read." if share is None else f"Of the record bytes, {share:.2f} % were read in place."))
    return Table("Diffs", note, ["", "median", "range", "report", "records read", "bytes read in place", "copied", "rate", "to cmp"], rows)


def query_table(queries: dict) -> Table:
    rows = []
    for label, query in queries.items():
        if not isinstance(query, dict):
            continue
        wall = median(query["wall"])
        # The bytes of records that were only searched in are not bytes read.
        searched = label in ("exact", "prefix")
        of_so_many = f" (mean of {query['asked']})" if query["asked"] > 1 else ""
        rows.append([f"find, {label}{of_so_many}", seconds(wall), spread(query["wall"]), f"{query['records']:,}", "" if searched else size(query["bytes"]),
                     "" if searched else rate(query["bytes"], wall)])
    for tool in ("cat", "grep"):
        wall = median(queries[tool])
        what = "cat" if tool == "cat" else "grep -c -a -F"
        rows.append([what, seconds(wall), spread(queries[tool]), "", size(queries["baseline_bytes"]), rate(queries["baseline_bytes"], wall)])
    note = ("Over all symbols (or strings) of one firmware, its store in the page cache; times are of the whole process. Names come from all over the "
            "alphabet of the largest image; expressions and globs ask for their middle thirds. Exact names and prefixes ask the filters and search the "
            "columns these leave; patterns read those that their filters leave, with all cores and with checksums, and those with hits again. cat and "
            "grep (one core, no checksums) read as many bytes of the store's column tables as all columns of symbols have; grep looks for texts that are "
            "not there, which begin with those same thirds.")
    return Table("Queries", note, ["", "median", "range", "records", "bytes read", "rate"], rows)


def command_table(results: dict) -> Table:
    rows = [[command, f"{peak / MIB:.0f} MiB", "" if command in TIMED_ELSEWHERE else seconds(results["walls"][command])]
            for command, peak in results["peaks"].items()]
    title = results["variants"][results["maintenance_variant"]]["title"]
    note = ("Peak resident memory is the highest of all runs of a command, mapped pages of the input and the store included; of each run, the larger of "
            "what strata reports (VmHWM) and of what the kernel says after its end (ru_maxrss, at most "
            f"{results['under_reported'] / MIB:.1f} MiB more). Commands with a time ran on the store of both firmwares ({title}).")
    return Table("Memory, and the other commands", note, ["command", "peak", "time"], rows)


def curve_table(curve: list[dict]) -> Table:
    rows = [[f"{point['images']:,}", f"{point['symbols']:,}", size(point["bytes"]), seconds(point["index"]),
             rate(point["bytes"], point["index"]), f"{point['index_peak'] / MIB:.0f} MiB", seconds(point["diff"]),
             f"{point['diff_peak'] / MIB:.0f} MiB", size(point["store_bytes"])] for point in curve]
    first, last = curve[0], curve[-1]
    note = (f"Index of one firmware, and its diff with a point release. From {first['images']:,} to {last['images']:,} images the size grows "
            f"{last['bytes'] / first['bytes']:.1f}-fold, the peak of index {last['index_peak'] / first['index_peak']:.2f}-fold, that of diff "
            f"{last['diff_peak'] / first['diff_peak']:.2f}-fold. What grows with the largest image and not with their number: the largest of "
            f"these have {first['largest_image']:,} and {last['largest_image']:,} symbols.")
    return Table("By size", note,
                 ["images", "symbols", "cache", "index", "rate", "its peak", "diff", "its peak", "store of both"], rows)


def as_text(table: Table) -> str:
    widths = [max(len(row[i]) for row in [table.head, *table.rows]) for i in range(len(table.head))]
    lines = ["", table.title]
    for row in [table.head, *table.rows]:
        cells = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def as_markdown(table: Table) -> str:
    rule = ["---"] + ["---:"] * (len(table.head) - 1)
    lines = [f"## {table.title}", "", table.note, ""]
    lines += ["| " + " | ".join(row) + " |" for row in [table.head, rule, *table.rows]]
    return "\n".join(lines) + "\n"


def document(made: list[Table], machine: str, date: str, command: str, remarks: list[str], has_chart: bool) -> str:
    parts = [
        "<!-- Written by tools/bench/run --write-docs. Do not edit: run it again. -->",
        "# Benchmarks",
        "",
        f"Measured on {date} on {machine}, with `{command}`. How each figure is taken, and why the ratios matter more than the times, is in",
        "[tools/bench/README.md](../tools/bench/README.md). The caches are synthetic ([dscgen](../tools/dscgen/README.md)). MB are 10^6 bytes, MiB 2^20.",
        "",
    ]
    for remark in remarks:
        parts += [f"Note: {remark}", ""]
    for table in made:
        parts.append(as_markdown(table))
        if table.title == "By size" and has_chart:
            parts.append("![Index and diff by number of images: time and peak memory](benchmarks.svg)\n")
    return "\n".join(parts)
