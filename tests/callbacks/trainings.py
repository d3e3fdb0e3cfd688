"""What tests of recorders share: a loop, and what a path's files hold."""

import re
from pathlib import Path

import pytest
import torch

from landscape.problem.checkpoints import read_checkpoint
from landscape.store.run_file import read_run

ROOT = Path(__file__).resolve().parents[2]


def batches(num: int, seed: int = 0) -> list[tuple[torch.Tensor, torch.Tensor]]:
    random = torch.Generator().manual_seed(seed)
    return [(torch.randn(5, 3, generator=random), torch.randn(5, 2, generator=random)) for _ in range(num)]


def train(model, recorder=None, steps=range(7), *, epoch_length=3, rates=(0.1,) * 7) -> None:
    """Take these steps of SGD, each of its own batch, rate and dropout; tell the recorder if there is one."""
    optimizer, given = torch.optim.SGD(model.parameters(), 0.1), batches(7)
    for step in steps:
        torch.manual_seed(100 + step)
        inputs, targets = given[step]
        optimizer.param_groups[0]["lr"] = rates[step]
        optimizer.zero_grad()
        loss = (model(inputs) - targets).square().mean()
        loss.backward()
        optimizer.step()
        if recorder is not None:
            recorder.step(loss=loss, learning_rate=rates[step])
            if (step + 1) % epoch_length == 0:
                recorder.end_epoch()


def files_of(out) -> dict[str, dict[str, torch.Tensor]]:
    """Return each checkpoint's tensors by its name."""
    folder = Path(f"{out}-checkpoints")
    return {path.stem: dict(read_checkpoint(path).tensors) for path in sorted(folder.iterdir())}


def columns_of_run(out) -> dict[str, list[float]]:
    return {name: column.tolist() for name, column in read_run(f"{out}.run.h5").columns.items()}


def same(one, other) -> bool:
    """Tell whether two mappings hold the same tensors to the bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def snippet(word: str) -> str:
    """Return the indented block of docs/trajectory.md that holds a word, as code."""
    text = (ROOT / "docs" / "trajectory.md").read_text()
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", text, re.M)
    (found,) = [block for block in blocks if word in block]
    return "\n".join(line.removeprefix("    ") for line in found.splitlines())


def refusal(make) -> str:
    with pytest.raises(ValueError) as caught:
        make()
    return str(caught.value)
