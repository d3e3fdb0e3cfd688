"""How much memory is free, for what is kept only to save time and for what can't be done without."""

from pathlib import Path

import torch

CGROUPS, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def available_bytes(device: torch.device) -> int:
    """Return what can be allocated on a device without pushing anything out; 0 where the system does not say.

    On a host it is the least of what the kernel and the control groups of a job scheduler leave.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return 0
    return min([free, *_left_in_groups()])


def require_bytes(needed: int, what: str) -> None:
    """Refuse what the host has no room for, before the kernel kills it half way.

    Raises:
        ValueError: Less is free.
    """
    free = available_bytes(torch.device("cpu"))
    if 0 < free < needed:
        raise ValueError(
            f"too little memory: {what} takes about {needed / 1e9:.3g} GB, and {free / 1e9:.3g} GB are free; "
            "choose fewer by --parameters"
        )


def _left_in_groups() -> list[int]:
    """Return what each control group around this process has left of its limit."""
    try:
        own = next(line for line in OWN_GROUP.read_text().splitlines() if line.startswith("0::"))
    except (OSError, StopIteration):
        return []
    folder, found = CGROUPS / own[3:].strip().lstrip("/"), []
    for group in (folder, *folder.parents):
        try:
            limit, used = (int((group / f"memory.{kind}").read_text()) for kind in ("max", "current"))
            found.append(max(0, limit - used + _cache_in(group)))
        except (OSError, ValueError):  # no such group, or no limit
            continue
    return found


def _cache_in(group: Path) -> int:
    """Return how many of a group's bytes are files that were read once, which the kernel drops when it needs room."""
    try:
        fields = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return int(fields.get("inactive_file", 0))
    except (OSError, ValueError):
        return 0
