"""Models by the users' own factories, and what is said where a spec names none."""

from pathlib import Path

import pytest

from landscape.problem.models import build_model, own_models

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "plot_surface.py"
FACTORY = """
from torch import nn
def small(*, num_classes=10, width=3):
    return nn.Sequential(nn.Flatten(), nn.Linear(4, width), nn.Linear(width, num_classes))
def number():
    return 3
"""


@pytest.fixture
def own(tmp_path, monkeypatch) -> str:
    """Stand in a folder with a user's modules; return a module name that no other test has imported."""
    monkeypatch.chdir(tmp_path)
    name = f"own_{tmp_path.name}".replace("-", "_")
    Path(f"{name}.py").write_text(FACTORY)
    return name


@pytest.mark.parametrize("form", ["{}:small", "{}.py:small", "./{}.py:small"])
def test_a_factory_in_the_current_folder_is_found_and_told_what_it_asks_for(own, form):
    from_data = {"channels": 1, "image_size": 2, "num_classes": 6}
    model = build_model(form.format(own), {"width": 5}, from_data=from_data)
    assert [model[1].out_features, model[2].out_features] == [5, 6]


@pytest.mark.parametrize("form", ["users:late", "users.py:late"])
def test_a_factory_may_import_its_neighbours_when_it_is_called_and_models_is_the_users_own(form, tmp_path, run):
    (tmp_path / "models.py").write_text("import torch\n\nWIDTH = 7\n")
    (tmp_path / "users.py").write_text(
        "def late():\n    import models\n    import torch\n    return torch.nn.Linear(models.WIDTH, 2)\n"
    )
    done = run(SCRIPT, "--model", form, "--untrained", "1", "--dry-run", "--dataset", "data.py:wide", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr == "landscape: the data set 'data.py:wide': there is no file data.py\n"
    (tmp_path / "data.py").write_text(
        "import numpy as np\n\ndef wide():\n    return {'train': (np.ones((6, 7), 'float32'), np.array([0, 1] * 3))}\n"
    )
    done = run(SCRIPT, "--model", form, "--untrained", "1", "--dry-run", "--dataset", "data.py:wide", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_users_own_package_called_models_is_not_shadowed(tmp_path, run):
    package = tmp_path / "models"
    package.mkdir()
    (package / "__init__.py").write_text(FACTORY)
    code = (
        "from landscape.problem.models import build_model\n"
        "ours = build_model('mlp', {'hidden': 3})\n"
        "theirs = build_model('models:small')\n"
        "import models\n"
        "print(len(ours), len(theirs), models.number())\n"
    )
    done = run("-c", code, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("4 3 3\n", "")


# Mistakes.

OURS = (
    "mlp, vgg9, vgg56, resnet20, resnet20_noshort, resnet32, resnet32_noshort, resnet44, resnet44_noshort, "
    "resnet56, resnet56_noshort, resnet110, resnet110_noshort, vgg11, vgg13, vgg16, vgg19, wrn, wrn16_4, wrn16_8, wrn28_2, "
    "wrn28_4, wrn28_10, wrn40_2, wrn40_4, densenet121"
)


def refusal(spec: str, arguments=None) -> str:
    with pytest.raises(ValueError) as caught:
        build_model(spec, arguments)
    return str(caught.value)


def test_an_unknown_name_lists_the_choices():
    assert refusal("alexnet") == (
        f"unknown model 'alexnet'; choose one of {OURS}, torchvision:NAME, "
        "package.module:factory or path/file.py:factory"
    )


def test_an_unknown_name_of_torchvision_lists_its_models():
    from torchvision.models import list_models

    assert refusal("torchvision:resnet19") == (
        f"torchvision has no model 'resnet19'; choose one of {', '.join(list_models())}"
    )


@pytest.mark.parametrize(
    "spec, arguments, sentence",
    [
        (
            "resnet20",
            {"depth": 32},
            "the model resnet20 takes no argument depth; its arguments are shortcut, channels, image_size, num_classes",
        ),
        (
            "vgg9",
            {"wide": 1, "deep": 2},
            "the model vgg9 takes no argument wide, deep; its arguments are channels, image_size, num_classes, width",
        ),
        ("resnet20", {"shortcut": "yes"}, "shortcut must be one of projection, padding, none, not 'yes'"),
        ("resnet20", {"image_size": 3}, "a residual network here needs images of 4 pixels a side or more, not 3"),
        ("wrn", {"depth": 17}, "a wide residual network has 6n + 4 layers (10, 16, 22, 28, 40), not 17"),
        ("wrn", {"width": 0}, "a wide residual network's width must be 1 or more, not 0"),
        ("wrn16_4", {"dropout": 1.0}, "dropout must lie in [0, 1), not 1.0"),
        (
            "wrn16_4",
            {"image_size": 3},
            "a wide residual network here needs images of 4 pixels a side or more, not 3",
        ),
        (
            "wrn16_4",
            {"width": 2},
            "the model wrn16_4 takes no argument width; its arguments are dropout, channels, image_size, num_classes",
        ),
        ("densenet121", {"growth": 0}, "growth must be 1 or more, not 0"),
        ("mlp", {"hidden": "64,x"}, "hidden must be widths such as 64,64, not '64,x'"),
        ("mlp", {"hidden": 0}, "hidden must be widths such as 64,64, not 0"),
        ("mlp", {"activation": "sine"}, "activation must be one of relu, tanh, gelu, silu, not 'sine'"),
    ],
)
def test_arguments_that_a_model_does_not_take_are_refused(spec, arguments, sentence):
    assert refusal(spec, arguments) == sentence


@pytest.mark.parametrize("depth", [2, 21])
def test_a_depth_that_is_not_6n_plus_2_is_refused(depth):
    with pytest.raises(ValueError) as caught:
        own_models()["resnet20"].func(depth)
    assert str(caught.value) == f"a residual network here has 6n + 2 layers (20, 32, 44, 56, 110), not {depth}"


def test_a_file_that_is_not_there_is_named():
    assert refusal("no/such.py:make") == "the model 'no/such.py:make': there is no file no/such.py"


def test_a_module_that_is_not_there_is_named(own):
    assert refusal("nosuch.place:make") == (
        f"the model 'nosuch.place:make': no module 'nosuch' is found from {Path.cwd()} or among the installed packages"
    )


def test_a_name_that_a_module_does_not_have_is_named(own):
    assert refusal(f"{own}:large") == f"the model '{own}:large': {own} has no function 'large'"


def test_a_factory_that_makes_no_module_is_refused(own):
    assert refusal(f"{own}:number") == f"the model factory {own}:number must return a torch.nn.Module, not int"


def test_a_module_that_fails_on_its_own_is_not_called_missing(own):
    Path("broken.py").write_text("import a_library_that_is_not_there\n")
    with pytest.raises(ValueError) as caught:
        build_model("broken.py:make")
    assert str(caught.value) == (
        "the model 'broken.py:make' fails: ModuleNotFoundError in "
        f"{Path('broken.py').resolve()}:1: No module named 'a_library_that_is_not_there'"
    )


@pytest.mark.parametrize("body", ["raise SystemExit(3)", "import sys; sys.exit('usage')", "int('abc')", "{}['x']"])
def test_a_factory_that_fails_is_named_with_its_place(body, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("fails.py").write_text(f"def make():\n    {body}\n")
    with pytest.raises(ValueError, match=r"^the model fails.py:make fails: [A-Za-z]+ in .*fails\.py:2: "):
        build_model("fails.py:make")
