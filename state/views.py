"""Saved views of the list of scans, and the dialog that chooses its columns."""

from dataclasses import dataclass

import reflex as rx
from reflex_base.event import EventSpec

from backend.core.errors import CtiError
from backend.scans import views
from state import address
from state.base import AppState, allow
from state.scan_columns import ColumnView, moved, resized, to_choose_from, turned
from state.scans import PATH, ScansState


@dataclass
class ViewRow:
    """A saved view as the menu shows it."""

    id: str
    name: str
    href: str
    is_default: bool


class ViewsState(AppState):
    """The person's views, and the columns being chosen."""

    views: list[ViewRow] = []
    naming: bool = False
    errors: dict[str, str] = {}
    choosing: bool = False
    columns: list[ColumnView] = []
    _cols: str = ""

    @allow("admin", "technician")
    async def load_views(self) -> None:
        """Read them."""
        self.naming = self.choosing = False
        await self._read()

    @allow("admin", "technician")
    def name_view(self) -> None:
        """Ask for a name."""
        self.naming, self.errors = True, {}

    @allow("admin", "technician")
    def close_views(self) -> None:
        self.naming = self.choosing = False

    @allow("admin", "technician")
    async def save_view(self, form: dict[str, str]) -> None:
        """Keep the list as it is under a name."""
        asked = (await self.get_state(ScansState)).asked
        query = address.href("", {**asked, "cursor": ""}).lstrip("?")
        try:
            async with self._unit() as uow:
                view_id = await views.save_view(uow, str(form.get("view_name", "")), query)
                if form.get("view_default"):
                    await views.choose_default(uow, view_id)
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        self.naming = False
        self._say("The view is saved.")
        await self._read()

    @allow("admin", "technician")
    async def open_with(self, view_id: str) -> None:
        """Let the list open with this view from now on, or no longer."""
        key = self._id(view_id)
        async with self._unit() as uow:
            was = any(view.is_default for view in await views.list_views(uow) if view.id == key)
            await views.choose_default(uow, key, on=not was)
        await self._read()

    @allow("admin", "technician")
    async def drop_view(self, view_id: str) -> None:
        """Forget a view."""
        async with self._unit() as uow:
            await views.delete_view(uow, self._id(view_id))
        await self._read()

    @allow("admin", "technician")
    async def choose_columns(self) -> None:
        """Open the dialog with the columns as they are."""
        self._cols = (await self.get_state(ScansState)).asked["cols"]
        self.columns, self.choosing = to_choose_from(self._cols), True

    @allow("admin", "technician")
    def turn_column(self, key: str) -> None:
        """Show a column, or leave it out."""
        self._become(turned(self._cols, str(key)))

    @allow("admin", "technician")
    def move_column(self, key: str, step: int) -> None:
        """Bring a column further to the left or right."""
        self._become(moved(self._cols, str(key), 1 if step == 1 else -1))

    @allow("admin", "technician")
    def size_column(self, key: str, size: str) -> None:
        """Make a column narrower or wider."""
        self._become(resized(self._cols, str(key), str(size)))

    @allow("admin", "technician")
    async def draw_column(self, key: str, width: int) -> EventSpec:
        """Give a column of the list the width it was drawn to; 0 is what it needs."""
        asked = (await self.get_state(ScansState)).asked
        cols = resized(asked["cols"], str(key), str(width))
        here = {**asked, "view": asked["view"] or "table", "cols": cols}
        return rx.redirect(address.href(PATH, here), replace=True)

    @allow("admin", "technician")
    def usual_columns(self) -> None:
        """Back to how everybody begins."""
        self._become("")

    @allow("admin", "technician")
    async def take_columns(self) -> EventSpec:
        """Show the list with them."""
        self.choosing = False
        asked = (await self.get_state(ScansState)).asked
        return rx.redirect(address.href(PATH, {**asked, "view": asked["view"] or "table", "cols": self._cols}))

    def _become(self, cols: str) -> None:
        self._cols, self.columns = cols, to_choose_from(cols)

    async def _read(self) -> None:
        async with self._unit(read_only=True) as uow:
            found = await views.list_views(uow)
        self.views = [
            ViewRow(str(view.id), view.name, f"{PATH}?{view.query or 'view=table'}", view.is_default) for view in found
        ]
