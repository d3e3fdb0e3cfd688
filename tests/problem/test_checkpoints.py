import argparse
import os
import pickle
import re
import shlex
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from landscape.problem.checkpoints import load_into, read_checkpoint
from landscape.problem.models import build_model


def network(seed: int = 1) -> nn.Module:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 4))
    nn.init.normal_(model[1].running_mean)
    return model


def loaded(path: Path) -> dict[str, torch.Tensor]:
    """Return what a fresh model holds after reading a file."""
    model = network(seed=2)
    load_into(model, read_checkpoint(path))
    return model.state_dict()


def assert_is_first_network(found) -> None:
    assert all(torch.equal(found[name], tensor) for name, tensor in network().state_dict().items())


def with_prefix(prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor for name, tensor in network().state_dict().items()}


def test_a_safetensors_file_is_read_with_its_metadata(tmp_path):
    path = tmp_path / "weights.safetensors"
    metadata = {
        "format": "landscape checkpoint 1",
        "model": "vgg56",
        "test_accuracy": "0.875",
        "model_arguments": '{"width": 3}',
    }
    save_file(network().state_dict(), path, metadata=metadata)
    assert_is_first_network(loaded(path))
    recorded = read_checkpoint(path).recorded
    assert [recorded(key) for key in (*metadata, "nothing")] == [
        "landscape checkpoint 1",
        "vgg56",
        0.875,
        {"width": 3},
        None,
    ]


def test_what_another_tool_says_in_its_metadata_is_not_taken_for_ours(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file(network().state_dict(), path, metadata={"model": "{}", "mean": "0.5"})
    assert read_checkpoint(path).recorded("mean") is None


def test_a_safetensors_file_of_another_name_is_known_by_its_head(tmp_path):
    path = tmp_path / "weights.bin"
    save_file(network().state_dict(), path)
    assert_is_first_network(loaded(path))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_torch_file_with_a_bare_state_dict_is_read(tmp_path, zipped):
    path = tmp_path / "weights.pt"
    torch.save(network().state_dict(), path, _use_new_zipfile_serialization=zipped)
    assert_is_first_network(loaded(path))


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model", "net", "weights"])
def test_a_torch_file_with_a_state_dict_under_a_key_is_read(tmp_path, key):
    path = tmp_path / "weights.pt"
    torch.save({"epoch": 3, key: network().state_dict(), "acc": 91.5}, path)
    assert_is_first_network(loaded(path))


@pytest.mark.parametrize(
    "prefix", ["module.", "_orig_mod.", "model.", "net.", "module._orig_mod.", "_orig_mod.module.", "net.module."]
)
def test_prefixes_of_wrappers_are_stripped(tmp_path, prefix):
    path = tmp_path / "weights.pt"
    torch.save(with_prefix(prefix), path)
    assert_is_first_network(loaded(path))


def test_a_prefix_that_the_model_itself_has_is_kept(tmp_path):
    path = tmp_path / "weights.pt"
    model, other = (nn.ModuleDict({"model": network(seed)}) for seed in (1, 2))
    torch.save({f"module.{name}": tensor for name, tensor in model.state_dict().items()}, path)
    load_into(other, read_checkpoint(path))
    assert_is_first_network(other["model"].state_dict())


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_widened_and_said(tmp_path, kind):
    path, model = tmp_path / "weights.safetensors", network(2)
    save_file({name: t.to(kind) if t.is_floating_point() else t for name, t in network().state_dict().items()}, path)
    notes = load_into(model, read_checkpoint(path))
    assert notes == (f"{path} holds {str(kind).removeprefix('torch.')} weights, widened to float32",)
    assert torch.equal(model[0].weight, network()[0].weight.to(kind).float()) and model[0].weight.dtype == torch.float32


def test_whole_precision_needs_no_note(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file(network().state_dict(), path)
    assert load_into(network(), read_checkpoint(path)) == ()


def test_a_missing_count_of_batches_is_no_fault(tmp_path):
    path = tmp_path / "weights.pt"
    torch.save({name: t for name, t in network().state_dict().items() if "num_batches" not in name}, path)
    assert_is_first_network(loaded(path))


def test_all_names_that_do_not_fit_are_listed_and_nothing_is_loaded(tmp_path):
    path, tensors, model = tmp_path / "weights.pt", network().state_dict(), network(2)
    del tensors["1.running_mean"], tensors["3.bias"]
    tensors |= {"4.weight": torch.ones(2), "0.weight": torch.ones(3, 2, 1, 1)}
    torch.save(tensors, path)
    sentence = (
        f"{path} does not fit the model: missing 1.running_mean; missing 3.bias; unexpected 4.weight; "
        "0.weight is (3, 2, 1, 1) instead of (3, 2, 3, 3)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        load_into(model, read_checkpoint(path))
    assert all(torch.equal(tensor, network(2).state_dict()[name]) for name, tensor in model.state_dict().items())


def test_of_many_names_the_first_two_of_each_kind_are_given_and_the_rest_counted(tmp_path):
    path, wanted = tmp_path / "weights.pt", network().state_dict()
    torch.save({**{f"other.{place}": torch.ones(2) for place in range(5)}, "0.weight": wanted["0.weight"]}, path)
    names = [name for name in wanted if name != "0.weight" and not name.endswith("num_batches_tracked")]
    sentence = (
        f"{path} does not fit the model: missing {names[0]}; missing {names[1]}; {len(names) - 2} more missing; "
        "unexpected other.0; unexpected other.1; 3 more unexpected"
    )
    assert len(names) > 3
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        load_into(network(), read_checkpoint(path))


def test_a_file_that_tells_its_model_says_which_options_build_it():
    model = build_model("mlp", {"hidden": "8,7"}, from_data={"channels": 1, "image_size": 8, "num_classes": 10})
    with pytest.raises(ValueError) as caught:
        load_into(model, read_checkpoint(Path("zoo:resnet20-digits")))
    said = str(caught.value)
    assert len(said) < 500 and said.startswith("zoo:resnet20-digits does not fit the model: ")
    assert said.endswith("; the file holds a resnet20 trained on digits: give --model resnet20, and such data")


def test_a_file_that_is_not_there_is_named(tmp_path):
    sentence = f"there is no checkpoint {tmp_path / 'no.pt'}; give a .safetensors or a torch file, or zoo:NAME"
    with pytest.raises(OSError, match=f"^{re.escape(sentence)}$"):
        read_checkpoint(tmp_path / "no.pt")


@pytest.mark.parametrize("found, words", [({"epoch": 3, "lr": 0.1}, "epoch, lr"), ([1, 2], "list"), ({}, "")])
def test_a_torch_file_without_weights_says_what_it_holds(tmp_path, found, words):
    path = tmp_path / "weights.pt"
    torch.save(found, path)
    sentence = (
        f"{path} holds no state dict: expected tensors by name, bare or under state_dict, model_state_dict, model, "
        f"net, weights, found {words}"
    )
    with pytest.raises(OSError, match=f"^{re.escape(sentence)}$"):
        read_checkpoint(path)


# Damaged files.


@pytest.mark.parametrize("length", [0, 5, 30, -3])
def test_a_safetensors_file_cut_short_is_refused(tmp_path, length):
    path = tmp_path / "weights.safetensors"
    save_file(network().state_dict(), path)
    path.write_bytes(path.read_bytes()[:length])
    sentence = rf"^{re.escape(str(path))} can't be read as safetensors \(.+\); it may be cut short or of another kind$"
    with pytest.raises(OSError, match=sentence):
        read_checkpoint(path)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("length", [0, 3, 30, 600, -3])
def test_a_torch_file_cut_short_is_refused(tmp_path, length, zipped):
    path = tmp_path / "weights.pt"
    torch.save(network().state_dict(), path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[:length])
    sentence = f"{path} can't be read as a torch file; it may be cut short or of another kind"
    with pytest.raises(OSError, match=f"^{re.escape(sentence)}$"):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [b"hello, this is no checkpoint\n", bytes(100), b"PK\x03\x04" + bytes(50)])
def test_a_file_of_another_kind_is_refused_without_advice_to_execute_it(tmp_path, content):
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    sentence = f"{path} can't be read as a torch file; it may be cut short or of another kind"
    with pytest.raises(OSError, match=f"^{re.escape(sentence)}$"):
        read_checkpoint(path)


# Nothing in a file is executed.


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def refusal(path: Path) -> str:
    with pytest.raises(OSError) as caught:
        read_checkpoint(path)
    return str(caught.value)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_malicious_torch_file_is_refused_and_runs_nothing(tmp_path, zipped):
    path, marker = tmp_path / "weights.pt", tmp_path / "it-ran"
    torch.save({"state_dict": network().state_dict(), "x": Trap(marker)}, path, _use_new_zipfile_serialization=zipped)
    assert refusal(path).startswith(f"{path} holds more than tensors, and nothing in a file is executed here; ")
    assert not marker.exists()
    torch.load(path, weights_only=False)  # the trap does work
    assert marker.exists()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_malicious_pickle_is_refused_and_runs_nothing(tmp_path, protocol):
    path, marker = tmp_path / "weights.pkl", tmp_path / "it-ran"
    path.write_bytes(pickle.dumps(Trap(marker), protocol))
    refusal(path)
    assert not marker.exists()


def test_the_conversion_that_a_refusal_shows_gives_a_file_that_is_read(tmp_path, monkeypatch):
    path = tmp_path / "weights.pt"
    torch.save({"state_dict": network().state_dict(), "args": argparse.Namespace(lr=0.1)}, path)
    sentence, command = refusal(path).split("; if you trust it, convert it once: ")
    assert sentence == f"{path} holds more than tensors, and nothing in a file is executed here"
    *program, code = shlex.split(command)
    assert program == ["python", "-c"]
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert_is_first_network(loaded(tmp_path / "weights.safetensors"))
