"""Several networks from files: told apart by their weights, and held to what they were when the run began."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from landscape.cli.networks import Networks, names_of_networks

pytestmark = pytest.mark.usefixtures("here")


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def test_equal_weights_are_refused_though_their_norm_statistics_differ(here):
    model = network(1)
    torch.save(model.state_dict(), here / "a.pt")
    model[1].running_mean += 1
    torch.save(model.state_dict(), here / "b.pt")
    wanted = "a.pt and b.pt hold the same weights, so that there is no line between them"
    with pytest.raises(ValueError, match=f"^{re.escape(wanted)}$"):
        Networks((Path("a.pt"), Path("b.pt")), network(3))


def test_parameters_come_with_statistics_and_without(here):
    for seed, name in ((1, "a.pt"), (2, "b.pt")):
        torch.save(network(seed).state_dict(), here / name)
    networks = Networks((here / "a.pt", here / "b.pt"), network(3))
    assert set(networks.state(1)) == set(networks.parameters(1)) | {"1.running_mean", "1.running_var"}
    assert torch.equal(networks.parameters(1)["0.weight"], network(2)[0].weight.double())
    assert not torch.equal(networks.parameters(0)["0.weight"], network(2)[0].weight.double())


def test_a_file_that_has_changed_since_is_refused(here):
    for seed, name in ((1, "a.pt"), (2, "b.pt")):
        torch.save(network(seed).state_dict(), here / name)
    networks = Networks((here / "a.pt", here / "b.pt"), network(3))
    torch.save(network(4).state_dict(), here / "b.pt")
    wanted = f"{here / 'b.pt'} has changed since the run began; begin anew with --overwrite"
    with pytest.raises(ValueError, match=f"^{re.escape(wanted)}$"):
        networks.state(1)


def test_other_recorded_data_are_said(here):
    recorded = {"format": "landscape checkpoint 1", "model": "tiny", "mean": "[0.5]", "std": "[0.2]"}
    save_file(network(1).state_dict(), here / "a.safetensors", metadata={**recorded, "dataset": "digits"})
    save_file(network(2).state_dict(), here / "b.safetensors", metadata={**recorded, "dataset": "mnist"})
    a, b = here / "a.safetensors", here / "b.safetensors"
    wanted = [f"{b} was trained with another dataset than {a}, whose are used for all"]
    networks = Networks((a, b), network(3))
    assert networks.notes == wanted and networks.names == ["a", "b"]


def test_names_are_those_of_files_or_whole_paths(here):
    paths = tuple(here / name for name in ("one/last.pt", "two/last.pt", "swa.safetensors"))
    assert names_of_networks(paths) == [str(here / "one/last"), str(here / "two/last"), "swa"]
