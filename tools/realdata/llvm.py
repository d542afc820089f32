"""What LLVM's tools say of each slice and member of a file, by the suffix that strata's key of it has."""
import re
import struct
import subprocess
import tempfile

import chains
import objc

HEADING = re.compile(r"^(?P<path>.*?)(?: \((?:for )?architecture (?P<arch>\S+)\))?:$")
SYMBOL = re.compile(r"^(?P<value>[0-9a-f]{8}(?:[0-9a-f]{8})?| {8}(?: {8})?) (?P<type>.) (?P<name>.*)$")
EXPORT = re.compile(r"^(?:0x[0-9A-F]+|\[re-export\])\s+(?P<rest>.*)$")
MAGICS = {bytes.fromhex(magic) for magic in
          ("cffaedfe", "cefaedfe", "feedface", "feedfacf", "cafebabe", "cafebabf")} | {b"!<ar"}


def is_macho_or_archive(path):
    with open(path, "rb") as file:
        return file.read(4) in MAGICS


class Parts:
    """Splits a tool's output by its headings into suffix -> lines."""

    def __init__(self, path, output):
        self.path = path
        self.lines = {}
        self.counts = {}
        current = self.lines.setdefault("", [])
        for line in output.split("\n"):
            suffix = self.suffix_of(line)
            if suffix is None:
                current.append(line)
            else:
                current = self.lines.setdefault(self.unique(suffix), [])

    def suffix_of(self, line):
        if not line.startswith(self.path):
            return None
        match = HEADING.match(line)
        if match is None:
            return None
        return match["path"][len(self.path):] + ("@" + match["arch"] if match["arch"] else "")

    def unique(self, suffix):
        """Members of one name: strata numbers them from the second on."""
        self.counts[suffix] = self.counts.get(suffix, 0) + 1
        return suffix if self.counts[suffix] == 1 else f"{suffix}#{self.counts[suffix]}"


def run(path, *command):
    result = subprocess.run([*command, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return Parts(path, result.stdout.decode("utf-8", "surrogateescape")).lines


class Slice:
    def __init__(self):
        self.symbols = None  # (name, type, value or None)
        self.sections = []
        self.commands = []
        self.dylibs = []
        self.uuid = ""
        self.starts = None
        self.exports = None
        self.binds = None    # (way, library, name)
        self.objc = None     # as objc.py has them


def symbols(lines):
    found = []
    for line in lines:
        match = SYMBOL.match(line)
        if match is None:
            continue
        name = match["name"]
        if match["type"] == "I":
            name = name.split(" (indirect for ")[0]
        value = None if match["value"].isspace() else int(match["value"], 16)
        found.append((name, match["type"], value))
    return found


def headers(lines, into):
    section = {}
    command = ""
    for line in lines:
        words = line.split(None, 1)
        if line == "Section":
            section = {}
        if len(words) != 2:
            continue
        key, value = words
        if key == "cmd":
            command = value
            into.commands.append(value)
        elif key == "uuid" and command == "LC_UUID":
            into.uuid = value
        elif key == "name" and command.endswith("_DYLIB") and command != "LC_ID_DYLIB":
            into.dylibs.append(value.rsplit(" (offset ", 1)[0])
        elif key in ("sectname", "segname", "addr", "size"):
            section[key] = value
            if key == "size" and len(section) == 4:
                into.sections.append((section["segname"], section["sectname"], int(section["addr"], 16),
                                      int(value.split()[0], 16)))
                section = {}


def exports(lines):
    names = set()
    for line in lines:
        match = EXPORT.match(line)
        if match:
            names.add(re.split(r" \[| \(from ", match["rest"])[0])
    return names


def binds(lines):
    found = set()
    way = ""
    for line in lines:
        if line.endswith("ind table:"):
            way = {"Bind": "bind", "Lazy": "lazy bind", "Weak": "weak bind"}[line.split()[0]]
            continue
        words = line.split(None, {"bind": 6, "lazy bind": 4, "weak bind": 5}.get(way, 0))
        if not line.startswith("__") or len(words) < 5 or words[2][:2] != "0x":
            continue
        name = words[-1].split(" (weak_import)")[0]
        found.add((way, words[-2] if way != "weak bind" else "@weak", name))
    return found


def objc_of(path, objdump):
    """LLVM 14 reads no chained fixups, so it gets a copy without."""
    try:
        plain = chains.straightened(path)
    except (ValueError, struct.error, IndexError, StopIteration):  # an archive, or nothing that can be straightened
        plain = None
    if plain is None:
        return run(path, *objdump, "--objc-meta-data")
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(plain)
        copy.flush()
        return run(copy.name, *objdump, "--objc-meta-data")


def read(path):
    """suffix -> Slice, of all that objdump lists."""
    objdump = ["llvm-objdump", "--macho", "--arch", "all"]
    slices = {}
    for suffix, lines in run(path, *objdump, "--private-headers").items():
        if any(line == "Mach header" for line in lines):
            headers(lines, slices.setdefault(suffix, Slice()))
    for option, attribute, parse in (("--function-starts", "starts", lambda lines: [
            int(line, 16) for line in lines if re.fullmatch("[0-9a-f]{8,16}", line)]),
                                     ("--exports-trie", "exports", exports)):
        for suffix, lines in run(path, *objdump, option).items():
            if suffix in slices:
                setattr(slices[suffix], attribute, parse(lines))
    for suffix, lines in run(path, *objdump, "--bind", "--lazy-bind", "--weak-bind").items():
        if suffix in slices:
            slices[suffix].binds = binds(lines)
    for suffix, lines in objc_of(path, objdump).items():
        if suffix in slices:
            slices[suffix].objc = objc.dumped(lines)
    for suffix, lines in run(path, "llvm-nm", "--arch=all").items():
        if suffix in slices:
            slices[suffix].symbols = symbols(lines)
    return slices
