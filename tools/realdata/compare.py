"""One image as strata shows it against its witnesses."""
import json
import os
import re

import objc


def raw(text):
    """A text of strata's JSON as LLVM prints it: escapes turned back into bytes."""
    if "\\x" not in text:
        return text
    data = re.sub(rb"\\x([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())
    return data.decode("utf-8", "surrogateescape")


class Comparison:
    """Counts, and keeps the first differences of each sort."""

    def __init__(self, kept):
        self.kept = kept
        self.images = 0
        self.skipped = 0
        self.equal = {}
        self.different = {}

    def note(self, what, where, equal, text):
        if equal:
            self.equal[what] = self.equal.get(what, 0) + 1
        else:
            self.different.setdefault(what, []).append(f"{where}: {text}")

    def print(self):
        print(f"{self.images} images compared, {self.skipped} of other formats")
        print(f"{'':24}{'equal':>10}{'different':>10}")
        for what in sorted(set(self.equal) | set(self.different)):
            print(f"{what:24}{self.equal.get(what, 0):>10}{len(self.different.get(what, [])):>10}")
        for what, texts in sorted(self.different.items()):
            print(f"\n{what}:")
            for text in texts[:self.kept]:
                print(f"  {text}")
            if self.kept is not None and len(texts) > self.kept:
                print(f"  and {len(texts) - self.kept} more (--all)")


def sets(what, ours, theirs):
    """A line of the difference of two sets."""
    only_ours = sorted(map(str, ours - theirs))
    only_theirs = sorted(map(str, theirs - ours))
    return what, ours == theirs, (f"only strata {len(only_ours)}: {only_ours[:3]}; "
                                  f"only the witness {len(only_theirs)}: {only_theirs[:3]}")


def names(shown, witness):
    """Names with addresses. An exports trie adds names that no symbol table has."""
    trie = witness.exports or set()
    theirs = {(name, value if kind not in "UCIu" else None) for name, kind, value in witness.symbols}
    their_names = {name for name, _ in theirs}
    ours = set()
    for symbol in shown["symbols"]:
        name = raw(symbol["name"])
        if name in trie and name not in their_names:
            continue
        ours.add((name, symbol.get("address") if symbol["kind"] not in ("import", "reexport") else None))
    # A common symbol is undefined with a size; of a re-export only the name counts.
    loose = {name for name, kind, _ in witness.symbols if kind in "CI"}
    return sets("symbols", {(n, None if n in loose else a) for n, a in ours},
                {(n, None if n in loose else a) for n, a in theirs})


def imports(shown, witness):
    """Binds of LC_DYLD_INFO. LLVM names libraries shortly."""
    special = {"flat-namespace": "@flat", "this-image": "@self", "main-executable": "@main", "@weak": "@weak"}
    owners = {}
    for fact in shown.get("imports", []):
        for way in fact["value"].replace(" weak", "", 1 if fact["value"].endswith(" weak") else 0).split(","):
            owners.setdefault((way, raw(fact["name"])), set()).add(fact.get("owner", ""))
    theirs = {(way, name) for way, _, name in witness.binds}
    what, equal, text = sets("imports", set(owners), theirs)
    wrong = [(way, library, name) for way, library, name in witness.binds
             if not any(special.get(library) == owner or os.path.basename(owner).startswith(library.split("/")[-1])
                        for owner in owners.get((way, name), {library}))]
    return what, equal and not wrong, text + (f"; other libraries: {wrong[:3]}" if wrong else "")


def chained_imports(shown):
    """Without a witness for chained fixups: their libraries against those of the symbol table."""
    table = {}
    for symbol in shown["symbols"]:
        if symbol["kind"] == "import" and "dylib" in symbol:
            table.setdefault(symbol["name"], set()).add(symbol["dylib"])
    wrong = [(f["owner"], f["name"]) for f in shown.get("imports", [])
             if not f.get("owner", "").startswith("@") and f["name"] in table and f.get("owner") not in table[f["name"]]]
    return "imports (chained)", not wrong, f"the symbol table names other libraries: {wrong[:3]}"


def facts_of(shown, owner):
    return {fact["name"]: fact.get("value", "") for fact in shown.get("signature", []) if fact.get("owner") == owner}


def signature_differences(shown, expected):
    ours = facts_of(shown, "code signature")
    if "cdhash" in expected:
        for name in ("identifier", "team", "cdhash", "page size"):
            yield "signature", str(expected[name]) == ours.get(name, ""), f"{name}: {ours.get(name)} not {expected[name]}"
        yield "signature", ours["flags"].startswith(hex(expected["flags"]) + "("), f"flags: {ours['flags']}"
    for what in ("entitlements", "info plist"):
        if what in expected:
            read = {key: json.loads(value) for key, value in facts_of(shown, what).items()}
            yield what, read == expected[what], f"{read} not {expected[what]}"


def image_differences(shown, witness, signed):
    """(what, whether equal, text of the difference) for each thing compared."""
    if witness is None:
        yield "listed", False, "strata lists it, LLVM does not"
        return
    yield "uuid", shown["uuid"] == witness.uuid, f"{shown['uuid']} not {witness.uuid}"
    sections = [(s["segment"], s["section"], s["address"], s["size"]) for s in shown["sections"]]
    yield "sections", sections == witness.sections, sets("", set(sections), set(witness.sections))[2]
    dylibs = [raw(dependency["name"]) for dependency in shown["dependencies"]]
    yield "dependencies", dylibs == witness.dylibs, f"{dylibs} not {witness.dylibs}"
    commands = [command["command"] for command in shown["load_commands"]]
    yield "load commands", commands == witness.commands, sets("", set(commands), set(witness.commands))[2]
    if witness.symbols is not None:
        yield names(shown, witness)
    if witness.starts is not None and "LC_FUNCTION_STARTS" in commands:  # else symbols tell
        thumb = 1 if shown["arch"].startswith("armv") else 0
        yield sets("function starts", {f["address"] for f in shown["functions"]}, {s & ~thumb for s in witness.starts})
    if witness.exports:
        exported = {raw(name) for name in shown["exports"]}
        yield sets("exports", exported, witness.exports)
    if "LC_DYLD_CHAINED_FIXUPS" in commands:
        yield chained_imports(shown)
    elif witness.binds is not None:
        yield imports(shown, witness)
    # LLVM does not apply the relocations of object files.
    if witness.objc and shown["file_type"] != "object":
        yield sets("Objective-C", objc.shown(shown.get("objc", []), witness.objc, raw), witness.objc)
    if signed is not None:
        yield from signature_differences(shown, signed)
