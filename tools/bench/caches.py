"""Synthetic caches: making them, what is in them, and keeping them in the page cache."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field

import process

STATE = "dscgen.state"  # all that `dscgen next` needs of the old cache
NOT_CACHE = {STATE, "truth.jsonl", "images.jsonl"}


@dataclass(frozen=True)
class Shape:
    images: int
    symbols: int
    bytes: int

    def scaled(self, images: int) -> Shape:
        return Shape(images, self.symbols * images // self.images, self.bytes * images // self.images)


@dataclass(frozen=True)
class Change:
    """What `next` does to a cache. The numbers are those of a real pair of 4,180 images, in proportion."""

    title: str
    change: int
    add: int = 0
    remove: int = 0


def change_of(variant: str, images: int) -> Change:
    part = images / 4180
    if variant == "point":
        return Change("point release", max(3, round(25 * part)))
    if variant == "beta":
        return Change("next beta", max(1, images // 3))
    # dscgen changes only those that stay.
    return Change("major release", images, add=max(1, round(400 * part)), remove=max(1, round(60 * part)))


@dataclass
class Truth:
    """What the report's summary and the store's counts must say."""

    images: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    largest: str = ""  # path of the image with most symbols
    most_symbols: int = -1
    summary: dict[str, int] = field(default_factory=dict)


class Cache:
    def __init__(self, dscgen: str, directory: str):
        self.dscgen = dscgen
        self.directory = directory
        self.truth = Truth()

    def make(self, shape: Shape) -> None:
        process.run([self.dscgen, "make", "--out", self.directory, "--images", str(shape.images), "--symbols", str(shape.symbols),
                     "--bytes", str(shape.bytes), "--layout", "many", "--seed", "1"])
        self._count_images("truth.jsonl")

    def make_next(self, old: Cache, change: Change) -> None:
        process.run([self.dscgen, "next", "--from", old.directory, "--out", self.directory, "--change", str(change.change), "--add",
                     str(change.add), "--remove", str(change.remove), "--seed", "2"])
        self._count_images("images.jsonl")
        self._count_changes(old.truth.images)

    def files(self) -> list[str]:
        return sorted(entry.path for entry in os.scandir(self.directory) if entry.name not in NOT_CACHE)

    def size(self) -> int:
        return sum(os.path.getsize(path) for path in self.files())

    def warm(self) -> None:
        warm(self.files())

    def drop_files(self) -> None:
        """Frees the space; the next version can still be made."""
        for path in self.files():
            os.unlink(path)

    def remove(self) -> None:
        shutil.rmtree(self.directory)

    def _count_images(self, name: str) -> None:
        truth = self.truth
        for image in self._lines(name):
            truth.images += 1
            for fact in ("symbols", "functions", "strings"):
                truth.totals[fact] = truth.totals.get(fact, 0) + image[fact]
            if image["symbols"] > truth.most_symbols:
                truth.most_symbols, truth.largest = image["symbols"], image["path"]

    def _count_changes(self, old_images: int) -> None:
        summary = dict.fromkeys(("added", "removed", "moved", "updated", "rebuilt", "unchanged", "failed"), 0)
        for image in self._lines("truth.jsonl"):
            status = image["status"]
            summary["updated" if status == "changed" else status] += 1
        summary["unchanged"] = old_images - summary["updated"] - summary["rebuilt"] - summary["removed"]
        self.truth.summary = summary

    def _lines(self, name: str):
        with open(os.path.join(self.directory, name), encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def warm(files: list[str]) -> None:
    """Reads files once, so that whatever is measured next finds them in the page cache."""
    if files:
        process.run(["cat", *files])
