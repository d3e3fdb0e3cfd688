"""On which machine, with what software, and how busy it was when the measuring began."""

import os
import platform
import subprocess
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.launching import mpirun

PACKAGES = ("torch", "torchvision", "numpy", "h5py", "mpi4py", "mpich")
BUSY = 0.5


def description() -> dict[str, object]:
    """Return the machine as JSON-like values, the load averages of the last 1, 5 and 15 minutes among them."""
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "mpi": _mpi(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def words(machine: dict[str, object]) -> str:
    """Return the description as one sentence for above the table, and a second one where the machine was busy already."""
    load = machine["load_average"][0]
    sentence = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB; Python {machine['python']}, "
        f"torch {machine['torch']}, {machine['mpi']}; load average at the start {load}; {machine['date']}"
    )
    if load >= BUSY:
        sentence += (
            f"\nOther programs kept the machine busy (load average {load}): measure again with nothing else running."
        )
    return sentence


def cpu_model() -> str:
    """Return the processor's name as the system gives it."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _mpi() -> str:
    said = subprocess.run([mpirun(), "--version"], capture_output=True, text=True, check=True).stdout
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    return " ".join(lines[:2]).replace("HYDRA build details:", "MPICH (Hydra)")
