"""The networks that come with the tool, by name; their committed weights lie in `weights/`."""

from collections.abc import Callable
from functools import partial

from torch import nn

from .mlp import mlp
from .resnet import resnet
from .vgg import vgg9

MODELS: dict[str, Callable[..., nn.Module]] = {"mlp": mlp, "vgg9": vgg9, "vgg56": partial(resnet, 56, shortcut="none")}
for depth in (20, 32, 44, 56, 110):
    MODELS[f"resnet{depth}"] = partial(resnet, depth)
    MODELS[f"resnet{depth}_noshort"] = partial(resnet, depth, shortcut="none")
