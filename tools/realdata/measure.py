"""Time and peak memory of indexing and diffing two trees, against llvm-nm -a over the same files."""
import json
import os
import subprocess
import time


def timed(command, out):
    """Seconds, processor seconds, and the peak of memory in MiB."""
    start = time.monotonic()
    with open(out, "wb") as target:
        process = subprocess.Popen(command, stdout=target, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def warm(trees):
    """Every file read once, so that who goes first does not pay for the disk."""
    count = size = 0
    for tree in trees.values():
        for folder, _, files in os.walk(tree):
            for name in files:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    continue
                with open(path, "rb") as file:
                    while block := file.read(1 << 20):
                        size += len(block)
                count += 1
    return count, size


def binaries(strata, store, trees):
    """The files that images were found in."""
    found = set()
    for side, tree in trees.items():
        lines = subprocess.run([strata, "images", side, "--store", store, "--json"], stdout=subprocess.PIPE, check=True).stdout
        for line in lines.splitlines():
            path = os.path.join(tree, json.loads(line)["path"])
            while path and not os.path.isfile(path):
                path = path[:max(path.rfind("@"), path.rfind("("), path.rfind("#"), 0)]
            if path:
                found.add(path)
    return sorted(found)


def run(strata, trees, work):
    count, size = warm(trees)
    print(f"{count} files, {size / 1e6:.0f} MB")
    store = os.path.join(work, "store")
    out = os.path.join(work, "out")
    total = busy = 0
    print(f"{'':12} {'elapsed':>10} {'processor':>10} {'peak':>12}")
    for what, command in ([(f"index {side}", [strata, "index", tree, "--name", side, "--store", store])
                           for side, tree in trees.items()] +
                          [("diff", [strata, "diff", "old", "new", "--store", store, "--format", "jsonl"])]):
        seconds, cpu, peak = timed(command, out)
        total += seconds
        busy += cpu
        print(f"{what:12} {seconds:8.2f} s {cpu:8.2f} s {peak:8.0f} MiB")
    files = binaries(strata, store, trees)
    seconds, cpu, peak = timed(["llvm-nm", "-a", *files], out)
    print(f"llvm-nm -a   {seconds:8.2f} s {cpu:8.2f} s {peak:8.0f} MiB, {len(files)} files, {os.path.getsize(out) / 1e6:.0f} MB of output")
    print(f"index + diff takes {total / seconds:.2f} of llvm-nm's time, {busy / cpu:.2f} of its processor time")
