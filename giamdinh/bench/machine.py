"""What a benchmark ran on: processor, cores, memory, system, versions."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

_LIBRARIES = ("numpy", "numba", "lxml", "pandas", "pyarrow", "polars", "duckdb", "xml2arrow")
_GIGA = 2**30


def described() -> dict[str, str]:
    """One line each, by name; nothing that tells whose machine it is."""
    return {
        "Bộ xử lý": _processor(),
        "Lõi dùng được": str(_cores()),
        "Bộ nhớ": _memory(),
        "Việc khác đang chạy lúc bắt đầu": _load(),
        "Hệ điều hành": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "Thư viện": ", ".join(filter(None, map(_version, _LIBRARIES))),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _memory() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "không rõ"
    return f"{size / _GIGA:.0f} GB"


def _load() -> str:
    """How many processes wanted to run in the last five minutes; on a quiet machine about none."""
    try:
        waiting = os.getloadavg()[1]
    except (AttributeError, OSError):
        return "không rõ"
    return f"{waiting:.1f} tiến trình trên {_cores()} lõi".replace(".", ",")


def _version(name: str) -> str:
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return ""
