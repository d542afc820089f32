"""Time and peak memory of indexing and diffing two trees, against llvm-nm -a over the same files."""
import collections
import glob
import json
import os
import subprocess
import threading
import time

Run = collections.namedtuple("Run", "seconds cpu own child sum")


def processes_of(pid):
    """A process and its children, whichever thread started them."""
    pids = [pid]
    for children in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(children) as file:
                pids += [int(child) for child in file.read().split()]
        except OSError:
            pass  # the thread is gone
    return pids


def proportional_kib(pid):
    """Resident memory, pages that are shared with n processes counted as 1/n."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("Pss:")), 0)
    except OSError:
        return 0


def peak_kib(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


class Sampler(threading.Thread):
    """Looks at a process and its children (the worker processes that read ELF and PE) ten times a second."""

    def __init__(self, pid):
        super().__init__()
        self.pid = pid
        self.own = self.child = self.sum = 0
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.1):
            pids = processes_of(self.pid)
            self.own = max(self.own, peak_kib(self.pid))
            self.child = max([self.child, *(peak_kib(pid) for pid in pids[1:])])
            self.sum = max(self.sum, sum(proportional_kib(pid) for pid in pids))


def timed(command, out):
    """Seconds, processor seconds, and peaks of memory in MiB: of the process, of its largest child, and of all together."""
    start = time.monotonic()
    with open(out, "wb") as target:
        process = subprocess.Popen(command, stdout=target, stderr=subprocess.DEVNULL)
        sampler = Sampler(process.pid)
        sampler.start()
        # The process itself is what VmHWM says, up to a tenth of a second before its end; ru_maxrss is the largest of it
        # and its children.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        sampler.over.set()
        sampler.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    own = sampler.own if sampler.child else usage.ru_maxrss
    return Run(seconds, usage.ru_utime + usage.ru_stime, own / 1024, sampler.child / 1024, sampler.sum / 1024)


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
    print(f"{'':12} {'elapsed':>10} {'processor':>10} {'peak':>12} {'of a worker':>12} {'together':>12}")

    def tell(what, run, more=""):
        print(f"{what:12} {run.seconds:8.2f} s {run.cpu:8.2f} s {run.own:8.0f} MiB {run.child:8.0f} MiB {run.sum:8.0f} MiB{more}")

    for what, command in ([(f"index {side}", [strata, "index", tree, "--name", side, "--store", store])
                           for side, tree in trees.items()] +
                          [("diff", [strata, "diff", "old", "new", "--store", store, "--format", "jsonl"])]):
        one = timed(command, out)
        total += one.seconds
        busy += one.cpu
        tell(what, one)
    files = binaries(strata, store, trees)
    nm = timed(["llvm-nm", "-a", *files], out)
    tell("llvm-nm -a", nm, f", {len(files)} files, {os.path.getsize(out) / 1e6:.0f} MB of output")
    print(f"index + diff takes {total / nm.seconds:.2f} of llvm-nm's time, {busy / nm.cpu:.2f} of its processor time")
