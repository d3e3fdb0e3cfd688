"""Processes that train one network together: torch.distributed over gloo, started by torchrun or mpirun."""

import inspect
import os
import socket
from collections.abc import Sequence
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from landscape.sweep.world import World

WAIT = timedelta(days=7)  # others wait while the first rank writes and measures
VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


class TorchWorld(World):
    """Ranks that torch.distributed has joined; the maker closes it by `leave`."""

    def __init__(self) -> None:
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()

    def share(self, value):
        box = [value]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def collect(self, value):
        found = [None] * self.size if self.is_first else None
        distributed.gather_object(value, found, dst=0)
        return found

    def leave(self) -> None:
        distributed.barrier()
        distributed.destroy_process_group()


def is_under_torchrun(environment=os.environ) -> bool:
    """Tell whether torchrun, or something that sets its variables, started several processes."""
    return all(name in environment for name in VARIABLES) and environment["WORLD_SIZE"] not in ("", "1")


def join_ranks(world: World) -> World:
    """Return the ranks that train together: those of mpirun, those of torchrun, or this process alone."""
    if world.size > 1:
        store = _store_over(world)
        distributed.init_process_group("gloo", store=store, rank=world.rank, world_size=world.size, timeout=WAIT)
        return TorchWorld()
    if is_under_torchrun():
        distributed.init_process_group("gloo", timeout=WAIT)
        return TorchWorld()
    return world


def _store_over(world: World):
    """Return a store that rank 0 serves on a port of its choice."""
    hosts = world.share(world.collect(world.host))
    name = "127.0.0.1" if len(set(hosts)) == 1 else world.share(socket.getfqdn())
    store = None
    if world.is_first:
        store = distributed.TCPStore(name, 0, is_master=True, wait_for_workers=False, timeout=WAIT)
    port = world.share(store.port if store else None)
    return store or distributed.TCPStore(name, port, is_master=False, timeout=WAIT)


def summed(values: Sequence[float]) -> list[float]:
    """Return the sums over ranks of each number; the numbers themselves in a process alone."""
    if not distributed.is_initialized():
        return list(values)
    total = torch.tensor(list(values), dtype=torch.float64)
    distributed.all_reduce(total)
    return total.tolist()


def spread_over_ranks(model: nn.Module) -> nn.Module:
    """Return a wrapper that averages gradients over ranks, or the model itself in a process alone."""
    if not distributed.is_initialized():
        return model
    known = inspect.signature(DistributedDataParallel).parameters
    buffers = "forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers"
    # Looking for unused parameters keeps the first order of summing, so that a run that goes on sums as the unbroken one.
    return DistributedDataParallel(model, find_unused_parameters=True, **{buffers: False})


def average_buffers(model: nn.Module) -> None:
    """Give each rank the mean of all ranks' running statistics."""
    if distributed.is_initialized():
        for buffer in model.buffers():
            if buffer.is_floating_point():
                distributed.all_reduce(buffer)
                buffer /= distributed.get_world_size()
