"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
import time


def field(path: str, name: str, separator: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                key, _, value = line.partition(separator)
                if key.strip() == name:
                    return value.strip().strip('"')
    except OSError:
        pass
    return ""


def memory_bytes(name: str) -> int:
    return int((field("/proc/meminfo", name, ":") or "0 kB").split()[0]) * 1024


def busy_share(seconds: float = 1.0) -> float:
    """Part of all cores' time that was not idle while this process slept."""

    def read() -> tuple[int, int]:
        with open("/proc/stat", encoding="utf-8") as file:
            ticks = [int(word) for word in file.readline().split()[1:9]]  # guest time, after these, is in user time already
        return sum(ticks), ticks[3] + ticks[4]

    try:
        all_before, idle_before = read()
        time.sleep(seconds)
        all_after, idle_after = read()
    except OSError:
        return 0.0
    return 1 - (idle_after - idle_before) / max(1, all_after - all_before)


def first_line(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return ""


def describe(directory: str) -> str:
    cores = os.cpu_count() or 1
    parts = [
        f"{field('/proc/cpuinfo', 'model name', ':') or platform.machine()} ({cores} core{'s' if cores > 1 else ''})",
        f"{memory_bytes('MemTotal') / (1 << 30):.0f} GiB of memory",
        f"{first_line('stat', '-f', '-c', '%T', directory) or 'an unknown file system'}",
        f"{field('/etc/os-release', 'PRETTY_NAME', '=') or platform.system()}, kernel {platform.release().split('-')[0]}",
        first_line("sha256sum", "--version"),
    ]
    return "; ".join(part for part in parts if part)
