"""From a model, a loss and a loader to a surface, in one call."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

import numpy as np
import torch
from torch import nn

from landscape.directions import GENERATOR, RandomRule, random_directions, report, stream_of_plane
from landscape.filters import filter_layouts
from landscape.grid import Grid, axis_from_text
from landscape.origin import Origin
from landscape.plane import Plane
from landscape.problem.batches import digest_of_batches, fixed_batches, moved
from landscape.problem.losses import Loss, as_loss
from landscape.problem.measures import PATHS, MeasureOnPlanes, path_for
from landscape.problem.models import source_digest
from landscape.problem.problem import Problem
from landscape.surface import Surface, empty_surface
from landscape.sweep.run import sweep
from landscape.weights import digest


def sample(
    model: nn.Module,
    loss: str | nn.Module | Loss,
    loader: Iterable | Mapping[str, Iterable],
    *,
    x: str | np.ndarray = "-1:1:25",
    y: str | np.ndarray | None = "-1:1:25",
    num_planes: int | None = None,
    seed: int = 0,
    rule: RandomRule = RandomRule(),
    norm_stats: str = "stored",
    precision: str = "float32",
    path: str | None = None,
    device: torch.device | str | None = None,
    progress=lambda num_done: None,
) -> Surface:
    """Sample the loss of a model on a plane of random directions around its weights.

    The model is left as it was. The loader is gone through once and its batches are kept, so that every point sees the
    same samples.

    Args:
        loss: "cross-entropy", "mse", one of torch's loss modules, or a function of (model, batch) that returns one loss
            a sample, (sum, count), or a dict of names to either.
        loader: Batches of (inputs, targets), or whatever the loss takes; or loaders by split, {"train": ..., "test": ...}.
        x, y: MIN:MAX:NUM or coordinates, in lengths of the directions; no `y` gives a line.
        num_planes: How many independent planes or lines to sample; one, without a dimension of planes, if None.
        seed: Of the directions.
        rule: How the directions are normalized.
        norm_stats: Batch norm's statistics "stored" or "reestimated" at each point.
        precision: "float32", "bf16", "float64", or on CUDA "tf32".
        path: "plain" leaves the model as it is; by default batch norm is folded into convolutions where that can be done.
        device: Where to compute; the model's own if None.

    Returns:
        A surface with train_loss, and what else the loss gives, for each split.

    Raises:
        ValueError: An argument is not what it should be, or the loss returned a bare mean.
    """
    grid = Grid(_axis(x, "x"), None if y is None else _axis(y, "y"), num_planes)
    if device is None:
        device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    loaders = loader if isinstance(loader, Mapping) else {"train": loader}
    if not loaders:
        raise ValueError("loader is an empty mapping; give a loader, or loaders by split such as {'train': ...}")
    if path not in (None, *PATHS):
        raise ValueError(f"path must be None or one of {', '.join(PATHS)}, not {path!r}")
    batches = {split: fixed_batches(part, device) for split, part in loaders.items()}
    loss_of = as_loss(loss)
    problem = Problem(model, loss_of, batches, norm_stats=norm_stats, precision=precision, device=device)
    center, layouts = problem.center, filter_layouts(model)

    def plane_of(number: int) -> Plane:
        stream = stream_of_plane(number)
        drawn = random_directions(center, layouts, seed=seed, axes=grid.axes, rule=rule, stream=stream)
        return Plane(center, *drawn)

    first = plane_of(0)
    if path is None:
        batch = next(iter(problem.batches.values()))[0]
        moves = rule.biases == "moved"
        path = path_for(
            problem.model, loss_of, moved(batch, device, problem.dtype), norm_stats=norm_stats, moves_norms=moves
        )
    measure = MeasureOnPlanes(problem, plane_of, path)
    values = measure(0.0, 0.0)
    directed = {"generator": GENERATOR, "seed": seed, "normalization": rule.normalization, "biases": rule.biases}
    origin = Origin(
        identity={
            "checkpoint": digest(model.state_dict()),
            "model": source_digest(model),
            "data": {split: digest_of_batches(part) for split, part in batches.items()},
            "loss": loss if isinstance(loss, str) else str(getattr(loss, "__name__", loss)),
            "directions": {axis: directed for axis in grid.axes},
            "norm_stats": norm_stats,
            "precision": precision,
            "path": path,
        },
        circumstance={"device": torch.device(device).type, "torch": torch.__version__.split("+")[0]},
        record={
            "model": type(model).__name__,
            "center": values,
            "data": {split: f"{len(part)} batches of a loader" for split, part in batches.items()},
            "directions": [
                f"{axis}: random Gaussian, seed {seed}, {rule.normalization} normalization" for axis in grid.axes
            ],
            "direction_report": asdict(report(center, first.directions, layouts)) | {"random": True},
            **({"cosines": [plane_of(number).cosine for number in range(num_planes)]} if num_planes else {}),
            "num_norms": problem.num_norms,
        },
    )

    return sweep(measure, empty_surface(grid, list(values), origin), progress=progress)


def _axis(values, name: str) -> np.ndarray:
    return axis_from_text(values, name) if isinstance(values, str) else np.asarray(values, np.float64)
