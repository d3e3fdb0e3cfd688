"""The recorder in a training over real ranks of torch.distributed."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from trainings import files_of

PROGRAM = """
import torch, torch.distributed as dist
from torch import nn
from landscape.callbacks import PathRecorder
dist.init_process_group("gloo")
torch.manual_seed(0)
model = nn.parallel.DistributedDataParallel(nn.Linear(3, 2))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
with PathRecorder("run", model, every_steps=1) as recorder:
    for step in range(2):
        torch.manual_seed(10 * step + dist.get_rank())
        optimizer.zero_grad()
        loss = model(torch.randn(4, 3)).square().mean()
        loss.backward()
        optimizer.step()
        recorder.step(loss=loss, learning_rate=0.1)
torch.save(model.module.state_dict(), f"{dist.get_rank()}.pt")
dist.destroy_process_group()
"""


@pytest.mark.slow  # two processes import torch
def test_the_first_of_two_ranks_writes_what_both_hold_by_the_inner_names(here):
    Path("train.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "train.py"]
    subprocess.run(command, check=True, capture_output=True)
    found = files_of("run")
    assert list(found) == ["step-000000", "step-000001", "step-000002"]
    for rank in (0, 1):
        last = torch.load(f"{rank}.pt", weights_only=True)
        assert last.keys() == found["step-000002"].keys() == {"weight", "bias"}
        assert all(torch.equal(last[name], found["step-000002"][name]) for name in last)
