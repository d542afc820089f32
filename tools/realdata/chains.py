"""Chained fixups taken out of 64-bit Mach-O files, for tools that know only plain pointers: what is read here is read
by this file alone, from <mach-o/fixup-chains.h>."""
import struct

MAGIC_64 = 0xFEEDFACF
FAT_MAGIC = 0xCAFEBABE
SEGMENT_64 = 0x19
CHAINED_FIXUPS = 0x80000034
HINTS = 0x2E  # LC_LINKER_OPTIMIZATION_HINT: of the same form, and of no interest to anyone
ARM64E = (1, 9, 12)  # DYLD_CHAINED_PTR_ARM64E, _USERLAND, _USERLAND24
PLAIN = (2, 6)       # DYLD_CHAINED_PTR_64, _OFFSET
NO_START = 0xFFFF


def u16(data, at):
    return struct.unpack_from("<H", data, at)[0]


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def u64(data, at):
    return struct.unpack_from("<Q", data, at)[0]


def slices(data):
    """Offsets of the Mach-O files in `data`."""
    if struct.unpack_from(">I", data)[0] != FAT_MAGIC:
        return [0]
    count = struct.unpack_from(">I", data, 4)[0]
    return [struct.unpack_from(">I", data, 8 + 20 * i + 8)[0] for i in range(count)]


def decoded(raw, form, base):
    """(plain pointer, bytes to the next); a bound pointer is null."""
    if form in ARM64E:
        step = (raw >> 51 & 0x7FF) * 8
        if raw >> 62 & 1:
            return 0, step
        if raw >> 63:
            return base + (raw & 0xFFFFFFFF), step
        target = (raw & ((1 << 43) - 1)) + (base if form != 1 else 0)
        return target, step
    step = (raw >> 51 & 0xFFF) * 4
    if raw >> 63:
        return 0, step
    return (raw & ((1 << 36) - 1)) + (base if form == 6 else 0), step


def straighten(data, at):
    """One Mach-O file at `at`; False when it has no chains."""
    if u32(data, at) != MAGIC_64:
        return False
    segments = []  # (vmaddr, fileoff, filesize)
    chains = None
    command = at + 32
    for _ in range(u32(data, at + 16)):
        kind = u32(data, command)
        if kind == SEGMENT_64:
            segments.append((u64(data, command + 24), u64(data, command + 40), u64(data, command + 48)))
        if kind == CHAINED_FIXUPS:
            chains = at + u32(data, command + 8)
            struct.pack_into("<I", data, command, HINTS)
        command += u32(data, command + 4)
    if chains is None:
        return False
    base = next(address for address, offset, size in segments if offset == 0 and size != 0)
    starts = chains + u32(data, chains + 4)
    for index in range(u32(data, starts)):
        offset = u32(data, starts + 4 + 4 * index)
        if offset != 0:
            straighten_segment(data, at + segments[index][1], starts + offset, base)
    return True


def straighten_segment(data, content, starts, base):
    page_size, form = u16(data, starts + 4), u16(data, starts + 6)
    if form not in ARM64E + PLAIN:
        raise ValueError(f"chained pointers of format {form}")
    for page in range(u16(data, starts + 20)):
        start = u16(data, starts + 22 + 2 * page)
        if start == NO_START:
            continue
        where = content + page * page_size + start
        step = 1
        while step != 0:
            plain, step = decoded(u64(data, where), form, base)
            struct.pack_into("<Q", data, where, plain)
            where += step


def straightened(path):
    """The file's bytes with plain pointers, or None when nothing in it has chains."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    return bytes(data) if any([straighten(data, at) for at in slices(data)]) else None
