"""UNet++ on half the input's resolution: nested skips between five levels, a strided stem, logits enlarged at the end.

Zhou et al. 2018. At 256 px with base 12 it has a third of the operations of one with base 8 at full resolution, which
two cores can train; outlines come from probabilities between pixels, so that half the resolution costs little.
"""

from collections import OrderedDict

import torch
from torch import nn

LEVELS = 5
CLASSES = 3


def block(inputs: int, outputs: int, layers: int = 2) -> nn.Sequential:
    """Convolutions of 3 x 3 with batch normalisation and ReLU."""
    parts: list[tuple[str, nn.Module]] = []
    for index in range(layers):
        parts += [
            (f"conv{index}", nn.Conv2d(inputs if index == 0 else outputs, outputs, 3, padding=1, bias=False)),
            (f"norm{index}", nn.BatchNorm2d(outputs)),
            (f"relu{index}", nn.ReLU(inplace=True)),
        ]
    return nn.Sequential(OrderedDict(parts))


class UNetPlusPlus(nn.Module):
    """(N, 1, S, S) standardised grey levels to (N, 3, S, S) logits; S a multiple of 32."""

    def __init__(self, base: int = 12) -> None:
        super().__init__()
        widths = [base * 2**level for level in range(LEVELS)]
        self.stem = nn.Sequential(
            nn.Conv2d(1, base, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(base), nn.ReLU(inplace=True)
        )
        nodes: dict[str, nn.Module] = {}
        for level in range(LEVELS):
            nodes[f"{level}_0"] = block(base if level == 0 else widths[level - 1], widths[level])
            for step in range(1, LEVELS - level):
                nodes[f"{level}_{step}"] = block(widths[level] * step + widths[level + 1], widths[level], layers=1)
        self.nodes = nn.ModuleDict(nodes)
        self.shrink = nn.MaxPool2d(2)
        self.grow = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.head = nn.Conv2d(base, CLASSES, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.grow(self.coarse(image))
        return logits

    def coarse(self, image: torch.Tensor) -> torch.Tensor:
        """Logits at half the input's size, as they are trained."""
        made: dict[tuple[int, int], torch.Tensor] = {}
        features = self.stem(image)
        for level in range(LEVELS):
            made[level, 0] = self.nodes[f"{level}_0"](features if level == 0 else self.shrink(made[level - 1, 0]))
        for step in range(1, LEVELS):
            for level in range(LEVELS - step):
                beside = [made[level, earlier] for earlier in range(step)]
                joined = torch.cat([*beside, self.grow(made[level + 1, step - 1])], dim=1)
                made[level, step] = self.nodes[f"{level}_{step}"](joined)
        logits: torch.Tensor = self.head(made[0, LEVELS - 1])
        return logits
