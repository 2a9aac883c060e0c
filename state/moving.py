"""Moving animals from a page: where to, what that would do, then doing it. One dialog serves animals and groups."""

from uuid import UUID

from backend.core.database import UnitOfWork
from backend.core.errors import CtiError
from backend.farms import service as farms
from backend.herd import service as herd
from backend.herd.service import Moved, MovePlan
from state import herd_words, words
from state.base import AppState, allow

CHOICES_MOST = 100
FARM, GROUP = "farm:", "group:"


class MovingState(AppState):
    """The dialog: `moving` says what is moved (`animals` or `group`), `place` where to, `told` what that would do."""

    moving: str = ""
    what: str = ""
    place: str = ""
    places: list[list[str]] = []
    told: list[str] = []
    possible: bool = False
    move_error: str = ""
    _ids: list[str] = []

    @allow("admin", "technician")
    async def open_animals(self, ids: list[str], what: str) -> None:
        """Begin to move animals to a group or farm."""
        self._begin("animals", [str(one) for one in ids], str(what))
        async with self._unit(read_only=True) as uow:
            groups = (await herd.list_groups(uow, limit=CHOICES_MOST)).items
            named = await farms.list_farms(uow)
        self.places = [[f"{GROUP}{one.id}", f"{one.name} ({one.farm_name or 'no farm'})"] for one in groups]
        self.places += [[f"{FARM}{farm.id}", f"{farm.name}, no group"] for farm in named]

    @allow("admin", "technician")
    async def open_group(self, group_id: str, what: str) -> None:
        """Begin to move a group to another farm."""
        self._begin("group", [str(group_id)], str(what))
        async with self._unit(read_only=True) as uow:
            here = (await herd.get_group(uow, self._id(group_id))).farm_id
            named = await farms.list_farms(uow)
        self.places = [[f"{FARM}{farm.id}", farm.name] for farm in named if farm.id != here]

    @allow("admin", "technician")
    def close_move(self) -> None:
        """Leave everything where it is."""
        self._begin("", [], "")

    @allow("admin", "technician", supersedes=True)
    async def choose_place(self, place: str) -> None:
        """Say what moving there would do."""
        self.place, self.told, self.possible, self.move_error = str(place), [], False, ""
        if not place:
            return
        try:
            async with self._unit(read_only=True) as uow:
                plan = await self._plan(uow)
        except CtiError as error:
            self.move_error = next(iter(self._field_errors(error).values()))
            return
        self.told = herd_words.plan_words(plan)
        self.possible = bool(plan.animals or self.moving == "group") and not plan.tags_worn

    @allow("admin", "technician")
    async def move(self) -> None:
        """Do it."""
        try:
            async with self._unit() as uow:
                done = await self._move(uow)
        except CtiError as error:
            self.move_error = next(iter(self._field_errors(error).values()))
            return
        self._begin("", [], "")
        along = f" with {words.plural(done.scans, 'scan')}" if done.scans else ""
        self._say(f"{words.plural(done.animals, 'animal')} moved{along}. The history of each can undo it.")

    def _begin(self, moving: str, ids: list[str], what: str) -> None:
        self.moving, self._ids, self.what = moving, ids, what
        self.place, self.places, self.told, self.possible, self.move_error = "", [], [], False, ""

    async def _plan(self, uow: UnitOfWork) -> MovePlan:
        farm_id, group_id = self._chosen()
        if self.moving == "group":
            return await herd.preview_group_move(uow, self._id(self._ids[0]), farm_id)
        return await herd.preview_move(uow, [self._id(one) for one in self._ids], farm_id, group_id)

    async def _move(self, uow: UnitOfWork) -> Moved:
        farm_id, group_id = self._chosen()
        if self.moving == "group":
            return await herd.move_group(uow, self._id(self._ids[0]), farm_id)
        return await herd.move_animals(uow, [self._id(one) for one in self._ids], farm_id, group_id)

    def _chosen(self) -> tuple[UUID | None, UUID | None]:
        if self.place.startswith(GROUP):
            return None, self._id(self.place.removeprefix(GROUP))
        return self._id(self.place.removeprefix(FARM)), None
