from pathlib import Path

import pytest
import torch
from torch import nn

from landscape.problem.models import build_model, own_models, source_digest


SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "plot_surface.py"


def num_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    "spec, arguments, number",
    [
        ("resnet20", {}, 272_474),
        ("resnet20", {"shortcut": "padding"}, 269_722),
        ("resnet20_noshort", {}, 269_722),
        ("resnet56", {}, 855_770),
        ("resnet56", {"shortcut": "padding"}, 853_018),
        ("resnet56_noshort", {}, 853_018),
        ("vgg56", {}, 853_018),
        ("resnet110", {}, 1_730_714),
        ("wrn16_4", {}, 2_748_890),
        ("wrn28_2", {}, 1_467_610),
        ("wrn40_2", {}, 2_243_546),
        ("wrn28_10", {}, 36_479_194),
        ("wrn", {"depth": 28, "width": 10}, 36_479_194),
        ("densenet121", {}, 6_956_298),
        ("mlp", {"hidden": "7,5"}, 3072 * 7 + 7 + 7 * 5 + 5 + 5 * 10 + 10),
    ],
)
def test_a_network_has_the_number_of_parameters_of_its_paper(spec, arguments, number):
    assert num_parameters(build_model(spec, arguments)) == number


def test_vgg9_has_the_parameters_of_six_convolutions_and_three_linear_layers():
    widths = [3, 64, 128, 256, 256, 512, 512]
    convolutions = sum(9 * before * after + 2 * after for before, after in zip(widths, widths[1:]))
    assert num_parameters(build_model("vgg9")) == convolutions + 2 * (512 * 512 + 512) + 512 * 10 + 10


VGG_WIDTHS = {  # the paper's table 1, stage by stage
    11: [64, 128, 256, 256, 512, 512, 512, 512],
    13: [64, 64, 128, 128, 256, 256, 512, 512, 512, 512],
    16: [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512],
    19: [64, 64, 128, 128, *[256] * 4, *[512] * 8],
}


@pytest.mark.parametrize("depth", VGG_WIDTHS)
def test_a_vgg_has_the_convolutions_of_its_paper_each_batch_normalized_and_one_linear_layer(depth):
    widths = [3, *VGG_WIDTHS[depth]]
    expected = sum(9 * before * after + 2 * after for before, after in zip(widths, widths[1:])) + 512 * 10 + 10
    assert num_parameters(build_model(f"vgg{depth}")) == expected and len(widths) - 1 + 3 == depth


@pytest.mark.parametrize("depth, width", [(16, 4), (28, 2), (40, 4)])
def test_a_wide_network_is_as_deep_and_wide_as_it_says(depth, width):
    model = build_model(f"wrn{depth}_{width}")
    along = [m for name, m in model.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear)) and "shortcut" not in name]
    assert len(along) == depth - 2  # the paper counts the shortcuts of two of its stages too
    assert model.linear.in_features == 64 * width


def test_a_wide_block_adds_its_input_where_the_shape_stays_and_a_projection_of_it_where_not():
    torch.manual_seed(1)
    model = build_model("wrn", {"depth": 16, "width": 2})
    images = torch.randn(2, 16, 6, 6)
    for block in model.stage1:
        active = block.bn1(images).relu()
        inside = nn.functional.conv2d(
            block.bn2(nn.functional.conv2d(active, block.conv1.weight, padding=1)).relu(), block.conv2.weight, padding=1
        )
        around = images if images.shape[1] == 32 else nn.functional.conv2d(active, block.shortcut.weight)
        assert torch.allclose(block(images), inside + around, atol=1e-5)
        images = block(images)


def test_a_dense_layer_keeps_its_input_and_appends_its_growth():
    model = build_model("densenet121", {"growth": 5})
    images = torch.randn(2, 10, 6, 6)
    found = model.stages[0][0](images)
    assert found.shape == (2, 15, 6, 6) and torch.equal(found[:, :10], images)
    layers = [m for name, m in model.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    assert len(layers) == 121


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
@pytest.mark.parametrize("ending", ["", "_noshort"])
def test_a_residual_network_is_as_many_weighted_layers_deep_as_it_says(depth, ending):
    model = build_model(f"resnet{depth}{ending}")
    along = [
        name
        for name, module in model.named_modules()
        if isinstance(module, (nn.Conv2d, nn.Linear)) and "shortcut" not in name
    ]
    assert len(along) == depth


@pytest.mark.parametrize("spec", ["vgg56", "resnet20_noshort"])
def test_without_shortcuts_a_blocks_output_is_that_of_its_convolutions_alone(spec):
    block = build_model(spec).stage1[0]
    images = torch.randn(2, 16, 6, 6)
    expected = block.bn2(block.conv2(torch.relu(block.bn1(block.conv1(images))))).relu()
    assert torch.equal(block(images), expected)


@pytest.mark.parametrize("shortcut", ["projection", "padding"])
def test_a_shortcut_adds_the_input_to_a_blocks_output(shortcut):
    torch.manual_seed(1)
    model = build_model("resnet20", {"shortcut": shortcut})
    images = torch.randn(2, 16, 6, 6)
    for block in (model.stage1[0], model.stage2[0]):
        around = images
        if block.conv1.stride == (2, 2):
            around = torch.cat([images[:, :, ::2, ::2], torch.zeros(2, 16, 3, 3)], 1)
            if shortcut == "projection":
                conv, norm = block.shortcut
                around = norm(nn.functional.conv2d(images, conv.weight, stride=2))
        expected = (block.bn2(block.conv2(block.bn1(block.conv1(images)).relu())) + around).relu()
        assert torch.allclose(block(images), expected, atol=1e-6)


@pytest.mark.parametrize(
    "spec", ["resnet20", "resnet20_noshort", "vgg9", "vgg11", "wrn16_4", "densenet121", "mlp", "torchvision:resnet18"]
)
def test_the_data_decide_channels_size_and_classes(spec):
    size = 40 if ":" in spec else 9
    from_data = {"channels": 3 if ":" in spec else 2, "image_size": size, "num_classes": 7}
    model = build_model(spec, from_data=from_data)
    assert model(torch.randn(3, from_data["channels"], size, size)).shape == (3, 7)


@pytest.mark.parametrize("spec", ["resnet20", "vgg9", "vgg19", "wrn16_4", "densenet121"])
@pytest.mark.parametrize("size", [4, 8, 11])
def test_convolutional_networks_take_small_and_odd_images(spec, size):
    model = build_model(spec, from_data={"channels": 1, "image_size": size, "num_classes": 3})
    assert model(torch.randn(2, 1, size, size)).shape == (2, 3)


def test_the_users_arguments_come_before_what_the_data_say():
    model = build_model("mlp", {"num_classes": 4}, from_data={"channels": 1, "image_size": 8, "num_classes": 10})
    assert model(torch.randn(2, 1, 8, 8)).shape == (2, 4)


@pytest.mark.parametrize("spec", ["resnet20", "torchvision:resnet18"])
def test_a_model_is_built_in_evaluation_mode(spec):
    assert not any(module.training for module in build_model(spec).modules())


# Users' own factories.

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
            "the model vgg9 takes no argument wide, deep; its arguments are channels, image_size, num_classes",
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


# Source digests.


def test_a_source_digest_changes_with_the_users_code_and_with_the_printed_form(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "from torch import nn\nclass Own(nn.Linear):\n    pass\ndef make(width=2):\n    return Own(3, width)\n"
    for name, change in (("first", ""), ("again", ""), ("other", "# changed\n")):
        Path(name).mkdir()
        Path(f"{name}/own.py").write_text(text + change)
    first, again, other = (source_digest(build_model(f"{name}/own.py:make")) for name in ("first", "again", "other"))
    wider = source_digest(build_model("first/own.py:make", {"width": 4}))
    assert first == again and len({first, other, wider}) == 3
