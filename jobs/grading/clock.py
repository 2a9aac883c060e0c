"""How long each step of a run took."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class StepClock:
    """Milliseconds by step; `total` is from the making of the clock to the last step's end."""

    def __init__(self) -> None:
        self._began = perf_counter()
        self._steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = perf_counter()
        yield
        self._steps[name] = self._steps.get(name, 0.0) + (perf_counter() - began) * 1000

    def read(self) -> dict[str, float]:
        return self._steps | {"total": (perf_counter() - self._began) * 1000}
