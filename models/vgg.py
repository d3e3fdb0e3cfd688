"""VGG-9 for small images: six convolutions and three linear layers, batch-normalized (as in Li et al. 2018)."""

import torch
from torch import Tensor, nn

WIDTHS = ((64,), (128,), (256, 256), (512, 512))


class VGG9(nn.Module):
    """Four stages of 3x3 convolutions, each halved by max pooling while there is more than one pixel."""

    def __init__(self, channels: int, image_size: int, num_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        side = image_size
        for widths in WIDTHS:
            for width in widths:
                layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
            if side > 1:
                layers.append(nn.MaxPool2d(2))
                side //= 2
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(channels, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, num_classes)
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(torch.mean(self.features(images), (2, 3)))


def vgg9(*, channels: int = 3, image_size: int = 32, num_classes: int = 10) -> VGG9:
    """Build VGG-9, which takes (samples, channels, image_size, image_size) to class scores."""
    return VGG9(channels, image_size, num_classes)
