"""Code signatures and Info.plists, read with Python's own libraries (plistlib, hashlib): the witness for what LLVM does not read."""
import base64
import datetime
import hashlib
import plistlib
import struct

HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}
RANKS = {1: 0, 3: 1, 2: 2, 4: 3}
ARCHES = {(0x01000007, 3): "x86_64", (0x01000007, 8): "x86_64h", (0x0100000C, 0): "arm64", (0x0100000C, 1): "arm64v8",
          (0x0100000C, 2): "arm64e", (0x0200000C, 1): "arm64_32", (7, 3): "i386", (12, 6): "armv6", (12, 9): "armv7",
          (12, 11): "armv7s", (12, 12): "armv7k"}


def plain(value):
    """As strata writes values in JSON."""
    if isinstance(value, bytes):
        return {"$data": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return {"$date": value.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if isinstance(value, dict):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [plain(held) for held in value]
    return value


def directory(blob):
    version, flags, _, identifier, _, _, _, size, kind, platform, page = struct.unpack_from(">IIIIIIIBBBB", blob, 8)
    team = struct.unpack_from(">I", blob, 48)[0] if version >= 0x20200 else 0
    name, length = HASHES[kind]

    def text(at):
        return blob[at:blob.index(b"\0", at)].decode()

    return {"rank": RANKS[kind], "identifier": text(identifier), "team": text(team) if team else "", "flags": flags,
            "cdhash": hashlib.new(name, blob).digest()[:length][:20].hex(), "page size": 1 << page if page else 0}


def super_blob(data):
    facts = {}
    directories = []
    magic, _, count = struct.unpack_from(">III", data, 0)
    if magic != 0xFADE0CC0:
        return {}
    for i in range(count):
        slot, offset = struct.unpack_from(">II", data, 12 + 8 * i)
        length = struct.unpack_from(">I", data, offset + 4)[0]
        blob = data[offset:offset + length]
        if slot == 0 or 0x1000 <= slot < 0x1005:
            directories.append(directory(blob))
        elif slot == 5:
            facts["entitlements"] = plain(plistlib.loads(blob[8:])) if length > 8 else {}
        elif slot == 0x10000:
            facts["cms"] = length > 8
    facts.update(max(directories, key=lambda found: found["rank"]))
    return facts


def slice_facts(data):
    """Facts of one Mach-O file in memory."""
    magic = data[:4]
    if magic not in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"):
        return None
    is_64 = magic[0] == 0xCF
    count = struct.unpack_from("<I", data, 16)[0]
    at = 32 if is_64 else 28
    facts = {}
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, at)
        if command == 0x1D:
            offset, length = struct.unpack_from("<II", data, at + 8)
            facts.update(super_blob(data[offset:offset + length]))
        elif command in (0x1, 0x19):
            sections = struct.unpack_from("<I", data, at + (64 if is_64 else 48))[0]
            for i in range(sections):
                place = at + (72 + 80 * i if is_64 else 56 + 68 * i)
                if data[place:place + 12] != b"__info_plist" or data[place + 16:place + 22] != b"__TEXT":
                    continue
                length = struct.unpack_from("<Q" if is_64 else "<I", data, place + (40 if is_64 else 36))[0]
                offset = struct.unpack_from("<I", data, place + (48 if is_64 else 40))[0]
                if offset:
                    facts["info plist"] = plain(plistlib.loads(data[offset:offset + length].rstrip(b"\0")))
        at += size
    return facts


def read(path):
    """suffix -> facts, of thin and fat files; archives are not signed."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"\xca\xfe\xba\xbe":
        facts = slice_facts(data)
        return {} if facts is None else {"": facts}
    found = {}
    for i in range(struct.unpack_from(">I", data, 4)[0]):
        cpu, subtype, offset, size, _ = struct.unpack_from(">IIIII", data, 8 + 20 * i)
        facts = slice_facts(data[offset:offset + size])
        if facts is not None:
            found["@" + ARCHES.get((cpu, subtype & 0xFFFFFF), "?")] = facts
    return found
