"""The figures strata wants to reach, and whether a run reached them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

MIB = 1 << 20
PEAK_LIMIT = 256 * MIB


@dataclass
class Target:
    what: str
    figure: str
    target: str
    reached: bool | None  # None: could not be measured here

    def verdict(self) -> str:
        return {True: "reached", False: "not reached", None: "not measured"}[self.reached]


def at_most(what: str, value: float, limit: float, show: str = "{:.2f}") -> Target:
    return Target(what, show.format(value), "<= " + show.format(limit), value <= limit)


def judge(results: dict, jobs: int) -> list[Target]:
    return [*index_targets(results, jobs), *store_targets(results), *diff_targets(results), *peak_targets(results)]


def index_targets(results: dict, jobs: int) -> list[Target]:
    first = results["first"]
    hashing, full = median(first["sha256sum"]), median(first["jobs_all"])
    scaling = median(first["core_1"]) / full
    targets = [at_most(f"index, {jobs} jobs / sha256sum", full / hashing, 1.0)]
    if jobs > 1:
        targets.append(Target(f"index, 1 core / {jobs} cores", f"{scaling:.2f}", ">= 1.70", scaling >= 1.7))
    else:
        targets.append(Target("index, 1 core / all cores", "one core", ">= 1.70", None))
    return targets


def store_targets(results: dict) -> list[Target]:
    targets = []
    amplification = write_amplification(results["first"])
    what = "bytes passed to write() / column bytes written"
    if amplification is None:
        targets.append(Target(what, "no /proc/PID/io", "<= 1.20", None))
    else:
        targets.append(at_most(what, amplification, 1.2, "{:.3f}"))
    point = results["variants"].get("point")
    if point:
        targets.append(at_most("store growth by a point release", growth(point), 3.0, "{:.2f} %"))
    return targets


def write_amplification(first: dict) -> float | None:
    counted = first["passed_to_write"]
    return None if None in counted else max(counted) / first["column_bytes_written"]


def growth(variant: dict) -> float:
    """Percent by which the second firmware made the store larger."""
    return 100 * (variant["store_after"] - variant["store_before"]) / variant["store_before"]


def diff_targets(results: dict) -> list[Target]:
    targets = []
    for name, limit in (("point", 0.3), ("major", 10.0)):
        for form in ("text", "jsonl"):
            if name in results["variants"]:
                variant = results["variants"][name]
                targets.append(at_most(f"diff, {variant['title']}, {form}", median(variant[form]), limit, "{:.3f} s"))
    index = median(results["first"]["jobs_all"])
    for key, what in (("self", "diff of a firmware with itself"), ("pair", "diff of two equal firmwares")):
        nothing = results["unchanged"][key]
        faster = index / median(nothing["wall"])
        targets.append(Target(f"index / {what}", f"{faster:.0f}", "> 50", faster > 50))
        targets.append(Target(f"records read by the {what}", str(nothing["records"]), "0", nothing["records"] == 0))
    share = in_place_share(results["variants"].values())
    targets.append(Target("share of record bytes read in place by diffs", "none read" if share is None else f"{share:.2f} %", ">= 99 %",
                          None if share is None else share >= 99))
    queries = results["queries"]
    targets.append(at_most("find, an exact name in one firmware", median(queries["exact"]["wall"]), 0.05, "{:.3f} s"))
    targets.append(at_most("find, an expression / grep of all columns of symbols", median(queries["regex, with a literal"]["wall"]) / median(queries["grep"]), 1.0))
    return targets


def in_place_share(variants) -> float | None:
    variants = list(variants)
    in_place = sum(variant["record_bytes_in_place"] for variant in variants)
    everything = in_place + sum(variant["record_bytes_copied"] for variant in variants)
    return 100 * in_place / everything if everything else None


def peak_targets(results: dict) -> list[Target]:
    return [at_most(f"peak memory, {command}", peak / MIB, PEAK_LIMIT / MIB, "{:.0f} MiB") for command, peak in results["peaks"].items()]
