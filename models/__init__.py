"""The networks that come with the tool, by name; their committed weights lie in `weights/`."""

from collections.abc import Callable
from functools import partial

from torch import nn

from .densenet import densenet121
from .mlp import mlp
from .resnet import resnet
from .vgg import vgg, vgg9
from .wideresnet import wide_resnet

MODELS: dict[str, Callable[..., nn.Module]] = {"mlp": mlp, "vgg9": vgg9, "vgg56": partial(resnet, 56, shortcut="none")}
for depth in (20, 32, 44, 56, 110):
    MODELS[f"resnet{depth}"] = partial(resnet, depth)
    MODELS[f"resnet{depth}_noshort"] = partial(resnet, depth, shortcut="none")
for depth in (11, 13, 16, 19):
    MODELS[f"vgg{depth}"] = partial(vgg, depth)
MODELS["wrn"] = wide_resnet
for depth, width in ((16, 4), (16, 8), (28, 2), (28, 4), (28, 10), (40, 2), (40, 4)):
    MODELS[f"wrn{depth}_{width}"] = partial(wide_resnet, depth, width)
MODELS["densenet121"] = densenet121
