"""The weights of a model as it was before anything was wrapped around it."""

import os

import torch
from torch import Tensor, nn
from torch.nn.parallel import DataParallel, DistributedDataParallel

COMPILED = "_orig_mod"  # where torch.compile keeps the module


def inner_model(model: nn.Module) -> nn.Module:
    """Return the module within DistributedDataParallel, DataParallel and torch.compile, in whatever order."""
    while True:
        if isinstance(model, (DistributedDataParallel, DataParallel)):
            model = model.module
        elif isinstance(inner := getattr(model, COMPILED, None), nn.Module):
            model = inner
        else:
            return model


def inner_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return parameters and buffers by the inner module's names; a tied weight appears under each of its names.

    Raises:
        ValueError: They are spread over ranks or not there, so that this process does not hold them.
    """
    inner = inner_model(model)
    _require_whole(inner)
    return {
        name.replace(f"{COMPILED}.", ""): value
        for name, value in inner.state_dict().items()
        if isinstance(value, Tensor)
    }


def _require_whole(inner: nn.Module) -> None:
    """Refuse what this process does not hold: parameters of FSDP (either kind), of DeepSpeed's third stage, of a meta device."""
    spread = [name for name, module in inner.named_modules() if type(module).__name__ == "FullyShardedDataParallel"]
    for name, parameter in inner.named_parameters():
        if parameter.is_meta or hasattr(parameter, "full_tensor") or hasattr(parameter, "ds_id"):
            spread.append(name)
    if spread:
        raise ValueError(
            f"the weights are spread over ranks or not loaded ({spread[0] or 'the model'}), and a recorder writes those of one "
            "process; save whole checkpoints in the training, and give their files to `landscape trajectory`"
        )


def parameter_names(model: nn.Module) -> set[str]:
    """Return the inner module's names of its parameters, a tied one under each of its names."""
    named = inner_model(model).named_parameters(remove_duplicate=False)
    return {name.replace(f"{COMPILED}.", "") for name, _ in named}


def is_first_process() -> bool:
    """Tell whether this process is rank 0 of torch.distributed, or the only one."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank() == 0
    return os.environ.get("RANK", "0") == "0"  # torchrun's, before the group is made
