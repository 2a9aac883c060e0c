"""What pages about the one thing their address names share: reading it, finding it gone, saying what was done."""

from typing import TYPE_CHECKING

import reflex as rx

from backend.core.database import UnitOfWork
from backend.core.errors import NotFound
from state.loading import Loading

if TYPE_CHECKING:
    from state.base import AppState as Page
else:
    # A mixin that inherited from AppState would have its variables a second time; it only needs its methods' names.
    Page = rx.State


class OneThing(Loading, Page, mixin=True):
    """The page of an animal or a group: `missing` where there is none, or none that the asker may see."""

    missing: bool = False
    dialog: str = ""
    errors: dict[str, str] = {}

    async def _read(self, uow: UnitOfWork) -> None:
        """Read the thing and show it. Raises NotFound."""
        raise NotImplementedError

    def _asked_id(self) -> str:
        return str(self.id)  # type: ignore[attr-defined]  # the route's own segment

    async def _done(self, said: str) -> None:
        self._say(said)
        self.dialog, self.errors = "", {}
        await self._load()

    async def _load(self) -> None:
        with self._loading():
            try:
                async with self._unit(read_only=True) as uow:
                    await self._read(uow)
                self.missing = False
            except NotFound:
                self.missing = True
