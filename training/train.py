"""Train the network on phantoms: `python -m training.train DATA RUN --seconds 3600`.

One process a core, which share their gradients: on a busy machine threads of one process wait for each other.
It may be stopped and started again: everything lies in RUN/last.pt. The learning rate follows the share of the time that
is spent, so any time gives a finished training; it stops early when the held-out loss no longer falls. The weights
kept are a running mean (EMA), which are better than the last ones.
"""

import argparse
import copy
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.distributed as together
from numpy.typing import NDArray
from rich.progress import Progress
from torch import multiprocessing, nn
from torch.nn import functional

from training import dataset
from training.network import CLASSES, UNetPlusPlus

BATCH = 16
ROUND = 3200
"""Samples between two looks at the held-out families."""
PEAK_RATE, WEIGHT_DECAY, WARM_SHARE = 3e-3, 1e-4, 0.05
EMA = 0.995
PATIENCE = 5
EDGE_WEIGHT = 2.0


@dataclass
class Progressed:
    """How far a training is."""

    spent_s: float = 0.0
    seen: int = 0
    best: float = math.inf
    worse_rounds: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def batch_of(
    images: NDArray[np.uint8], masks: NDArray[np.uint8], rng: np.random.Generator | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Standardised images and classes; with `rng` mirrored and brightened at random."""
    levels, inside = images.astype(np.float32), images > 0
    if rng is not None:
        gamma = np.exp(rng.normal(0, 0.2, (len(images), 1, 1))).astype(np.float32)
        levels = 255 * (levels / 255) ** gamma
        for index in np.flatnonzero(rng.random(len(images)) < 0.5):
            levels[index], inside[index] = levels[index, :, ::-1].copy(), inside[index, :, ::-1].copy()
            masks[index] = masks[index, :, ::-1].copy()
    count = np.maximum(inside.sum((1, 2), keepdims=True), 1)
    mean = (levels * inside).sum((1, 2), keepdims=True) / count
    spread = np.sqrt((((levels - mean) * inside) ** 2).sum((1, 2), keepdims=True) / count)
    standard = np.where(inside, (levels - mean) / np.maximum(spread, 1), 0).astype(np.float32)
    x = torch.from_numpy(standard[:, None]).to(memory_format=torch.channels_last)
    return x, torch.from_numpy(masks.astype(np.int64))


def loss_of(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Cross-entropy, heavier at borders, plus soft Dice of both tissues; on the network's own grid, half as fine.

    A coarse pixel that holds two tissues is wanted to say so, which puts outlines between pixels.
    """
    whole = functional.one_hot(classes, CLASSES).permute(0, 3, 1, 2).float()
    wanted = functional.avg_pool2d(whole, 2)
    weight = 1 + EDGE_WEIGHT * (wanted.amax(dim=1) < 1).float()
    entropy = (-(wanted * logits.log_softmax(dim=1)).sum(dim=1) * weight).mean()
    shares, truth = logits.softmax(dim=1)[:, 1:], wanted[:, 1:]
    common, both = (shares * truth).sum((0, 2, 3)), (shares + truth).sum((0, 2, 3))
    return entropy + (1 - (2 * common + 1) / (both + 1)).mean()


def rate_at(share: float) -> float:
    """Learning rate: a short rise, then a cosine to nothing."""
    if share < WARM_SHARE:
        return PEAK_RATE * (0.05 + 0.95 * share / WARM_SHARE)
    return PEAK_RATE * 0.5 * (1 + math.cos(math.pi * min((share - WARM_SHARE) / (1 - WARM_SHARE), 1)))


class Training:
    """A training run in a folder."""

    def __init__(self, data: Path, run: Path, seconds: float, base: int, rank: int = 0, processes: int = 1) -> None:
        self.data, self.run, self.seconds = data, run, seconds
        self.rank, self.processes = rank, processes
        self.model = UNetPlusPlus(base).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.mean = copy.deepcopy(self.model).eval()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
        self.state = Progressed()
        run.mkdir(parents=True, exist_ok=True)
        if (run / "last.pt").exists():
            self._load()

    def go(self) -> None:
        """Train until the time is up or nothing gets better."""
        with Progress(disable=self.rank > 0) as progress:
            bar = progress.add_task("training", total=self.seconds, completed=self.state.spent_s)
            while self.state.spent_s < self.seconds and self.state.worse_rounds < PATIENCE:
                trained = self._round(lambda: progress.update(bar, completed=self.state.spent_s))
                facts = {
                    "seen": self.state.seen,
                    "spent_s": round(self.state.spent_s),
                    "training_loss": trained,
                    **self.look(),
                }
                self._remember(facts)
                if self.rank == 0:
                    progress.console.print(json.dumps(facts))

    def _round(self, told: Callable[[], None]) -> float:
        self.model.train()
        losses = []
        for images, masks, rng in self._batches():
            began = time.monotonic()
            for group in self.optimizer.param_groups:
                group["lr"] = rate_at(self.state.spent_s / self.seconds)
            losses.append(self._step(*batch_of(images, masks, rng)))
            self.state.spent_s = self._agreed(self.state.spent_s + time.monotonic() - began)
            self.state.seen += len(images) * self.processes
            told()
            if self.state.spent_s >= self.seconds:
                break
        return round(float(np.mean(losses)), 4)

    def _batches(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8], np.random.Generator]]:
        rng = np.random.default_rng([self.state.seen, self.rank])
        made = dataset.opened(self.data, "training", dataset.TRAINING)
        if made.done < ROUND:
            raise SystemExit(
                f"{self.data} holds {made.done} phantoms; a round needs {ROUND}: run training.dataset first."
            )
        for chosen in rng.permutation(made.done)[: ROUND // self.processes].reshape(-1, BATCH // self.processes):
            places = np.sort(chosen)
            yield made.images[places], made.masks[places], rng

    def _step(self, x: torch.Tensor, y: torch.Tensor) -> float:
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model.coarse(x)
        loss = loss_of(logits.float(), y)
        self.optimizer.zero_grad()
        loss.backward()
        self._share_gradients()
        nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.optimizer.step()
        self._average()
        return float(loss.detach())

    def _share_gradients(self) -> None:
        """Every process goes the same step: that of the mean gradient."""
        if self.processes == 1:
            return
        gradients = [each.grad for each in self.model.parameters() if each.grad is not None]
        flat = torch.cat([each.reshape(-1) for each in gradients])
        together.all_reduce(flat)
        flat /= self.processes
        for own, mean in zip(gradients, flat.split([each.numel() for each in gradients]), strict=True):
            own.copy_(mean.view_as(own))

    def _agreed(self, value: float) -> float:
        """The same number in every process: that of the first."""
        told = torch.tensor([value], dtype=torch.float64)
        if self.processes > 1:
            together.broadcast(told, 0)
        return float(told)

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(EMA, 1 - 1 / (1 + self.state.seen / BATCH / 10))
        for mean, own in zip(self.mean.state_dict().values(), self.model.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(own, 1 - keep)
            else:
                mean.copy_(own)

    @torch.no_grad()
    def look(self, most: int = 192) -> dict[str, float]:
        """Loss and Dice of the mean weights on held-out families."""
        made = dataset.opened(self.data, "validation", dataset.VALIDATION)
        losses, common, both = [], np.zeros(2), np.zeros(2)
        for first in range(0, min(most, made.done), BATCH):
            x, y = batch_of(
                np.array(made.images[first : first + BATCH]), np.array(made.masks[first : first + BATCH]), None
            )
            coarse = self.mean.coarse(x)
            losses.append(float(loss_of(coarse, y)))
            found = self.mean.grow(coarse).argmax(dim=1)
            for index in (1, 2):
                common[index - 1] += float(((found == index) & (y == index)).sum())
                both[index - 1] += float((found == index).sum() + (y == index).sum())
        dice = 2 * common / np.maximum(both, 1)
        return {
            "loss": round(float(np.mean(losses)), 4),
            "dice_ribeye": round(float(dice[0]), 4),
            "dice_fat": round(float(dice[1]), 4),
        }

    def _remember(self, facts: dict[str, float]) -> None:
        self.state.history.append(facts)
        better = facts["loss"] < self.state.best
        self.state.worse_rounds = 0 if better else self.state.worse_rounds + 1
        if better:
            self.state.best = facts["loss"]
        if self.rank > 0:
            return
        if better:
            torch.save(self.mean.state_dict(), self.run / "best.pt")
        torch.save(
            {
                "model": self.model.state_dict(),
                "mean": self.mean.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "state": asdict(self.state),
            },
            self.run / "last.new",
        )
        (self.run / "last.new").replace(self.run / "last.pt")
        (self.run / "history.json").write_text(json.dumps(self.state.history, indent=1))

    def _load(self) -> None:
        kept = torch.load(self.run / "last.pt", weights_only=True)
        self.model.load_state_dict(kept["model"])
        self.mean.load_state_dict(kept["mean"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.state = Progressed(**kept["state"])


def work(rank: int, given: argparse.Namespace) -> None:
    """One process of a training."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if given.processes > 1:
        together.init_process_group("gloo", init_method=given.meet, rank=rank, world_size=given.processes)
    Training(given.data, given.run, given.seconds, given.base, rank, given.processes).go()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--base", type=int, default=12)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        given.meet = f"file://{folder}/meet"
        multiprocessing.spawn(work, (given,), nprocs=given.processes)


if __name__ == "__main__":
    main()
