from pathlib import Path

import pytest
import torch
from torch import nn

from landscape.problem.models import build_model, source_digest


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


@pytest.mark.parametrize("spec", ["vgg9", "vgg11"])
def test_a_vgg_of_half_width_has_half_the_channels_everywhere(spec):
    whole, half = build_model(spec), build_model(spec, {"width": 0.5})
    for wide, narrow in zip(whole.modules(), half.modules()):
        if isinstance(wide, nn.Conv2d):
            assert 2 * narrow.out_channels == wide.out_channels
        if isinstance(wide, nn.Linear):
            assert 2 * narrow.in_features == wide.in_features
    with pytest.raises(ValueError, match="width must be above 0, not 0"):
        build_model(spec, {"width": 0})
