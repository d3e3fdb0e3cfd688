"""How much memory is free for what is kept only to save time."""

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
            found.append(max(0, limit - used))
        except (OSError, ValueError):  # no such group, or no limit
            continue
    return found
