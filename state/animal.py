"""One animal: its latest image, how it stands, trends, scans, weights and moves; and what people write down of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from backend.core.clock import utc_now
from backend.core.database import UnitOfWork
from backend.core.errors import CtiError
from backend.farms import service as farms
from backend.grading import service as gradings
from backend.herd import service as herd
from backend.herd.ratios import Member
from backend.herd.service import AnimalRow, Followed, MoveRow, Standing, WeightRow
from backend.herd.traits import BACKFAT, REA, WEIGHT
from backend.herd.weights import as_readings
from backend.scans import service as scans
from backend.scans.filters import ScanFilters
from state import grading_words, herd_forms, herd_words, words
from state.base import AppState, allow, signed_in
from state.grading_views import grade_basis, grade_words
from state.herd_views import TONES, Number, TrendView, number_of, trend_of
from state.one_thing import OneThing
from state.rows import ScanRow, row_of

SCANS_SHOWN = 50
DIALOGS = ("edit", "weigh")


@dataclass
class Line:
    """A weight or a move as its list shows it."""

    id: str
    what: str
    when: str
    who: str = ""
    undo: bool = False


@dataclass
class AnimalView:
    """An animal as its page shows it; texts are ready, empty where there is nothing to say."""

    id: str = ""
    tag: str = ""
    what: str = ""
    rfid: str = ""
    breed: str = ""
    sex: str = ""
    born: str = ""
    age: str = ""
    status: str = ""
    farm_id: str = ""
    farm: str = ""
    zone: str = ""
    group_id: str = ""
    group: str = ""
    group_href: str = ""
    photo: str = ""
    image: str = ""
    image_words: str = ""
    image_href: str = ""
    scanned: str = ""
    headline: str = ""
    explanation: str = ""
    tone: str = "neutral"
    grade: str = ""
    grade_basis: str = ""
    numbers: list[Number] = field(default_factory=list)


class AnimalState(OneThing, AppState):
    """The page of an animal."""

    animal: AnimalView = AnimalView()
    backfat: TrendView = TrendView()
    rea: TrendView = TrendView()
    weight: TrendView = TrendView()
    scans: list[ScanRow] = []
    weights: list[Line] = []
    moves: list[Line] = []
    unreviewed: bool = False

    @signed_in(supersedes=True)
    async def load(self) -> None:
        """Read the animal the address names."""
        if self.loaded:
            self.dialog, self.errors = "", {}
        if self.animal.id != self._asked_id():
            self.loaded, self.animal = False, AnimalView()
        await self._load()

    @signed_in(supersedes=True)
    async def refresh(self) -> None:
        """Something happened to it or to a scan of it: read again."""
        await self._load()

    @allow("admin", "technician")
    def open_dialog(self, name: str) -> None:
        """Correct the record, or write down a weight."""
        self.dialog, self.errors = (name if name in DIALOGS else ""), {}

    @allow("admin", "technician")
    def close_dialog(self) -> None:
        self.dialog, self.errors = "", {}

    @allow("admin", "technician")
    async def save(self, form: dict[str, str]) -> None:
        """Correct the animal's record."""
        try:
            async with self._unit() as uow:
                await herd.update_animal(uow, self._id(self.animal.id), herd_forms.animal(form))
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        await self._done("Saved.")

    @allow("admin", "technician")
    async def weigh(self, form: dict[str, str]) -> None:
        """Write down what it weighed on a day."""
        try:
            day = herd_forms.day("weighed_on", str(form.get("weighed_on", "")))
            kg = herd_forms.number("kg", form) * grading_words.scale_of("kg", self.units).size
            async with self._unit() as uow:
                await herd.record_weight(uow, self._id(self.animal.id), kg, day or utc_now().date())
        except CtiError as error:
            self.errors = self._field_errors(error)
            return
        await self._done("Weight written down.")

    @allow("admin", "technician")
    async def drop_weight(self, weight_id: str) -> None:
        """Strike out a weight."""
        async with self._unit() as uow:
            await herd.remove_weight(uow, self._id(self.animal.id), self._id(weight_id))
        await self._done("Weight struck out.")

    @allow("admin", "technician")
    async def undo_move(self, move_id: str) -> None:
        """Put what was moved together back where it was."""
        try:
            async with self._unit() as uow:
                done = await herd.undo_move(uow, self._id(move_id))
        except CtiError as error:
            self._say(error.detail, "danger")
            return
        await self._done(f"{words.plural(done.animals, 'animal')} moved back.")

    @allow("admin", "technician")
    async def photo_changed(self) -> None:
        """A photo was sent to the API: show it."""
        await self._done("Photo kept.")

    @allow("admin", "technician")
    async def drop_photo(self) -> None:
        """Keep no photo of it any longer."""
        async with self._unit() as uow:
            await herd.remove_photo(uow, self._id(self.animal.id))
        await self._done("Photo removed.")

    async def _read(self, uow: UnitOfWork) -> None:
        row = await herd.get_animal_row(uow, self._id(self._asked_id()))
        followed = await herd.follow_animal(uow, row.id)
        target = (await herd.read_targets(uow)).of(row.farm_id, row.group_id)
        standing = herd.stand(followed, target, utc_now())
        await self._show(uow, row, followed, standing)
        weights = await herd.list_weights(uow, row.id)
        self.backfat = trend_of(BACKFAT, followed.backfat, self.units, standing)
        self.rea = trend_of(REA, followed.rea, self.units)
        self.weight = trend_of(WEIGHT, as_readings(weights), self.units)
        self.unreviewed = any(not one.usable for one in [*followed.backfat, *followed.rea])
        self.weights = [weight_line(weight, self.units) for weight in weights]
        self.moves = move_lines(await herd.list_moves(uow, row.id))
        page = await scans.list_scans(uow, ScanFilters(animal_id=row.id), limit=SCANS_SHOWN)
        self.scans = [row_of(found, {}, units=self.units) for found in page.items]

    async def _show(self, uow: UnitOfWork, row: AnimalRow, followed: Followed, standing: Standing) -> None:
        view = view_of(row, followed, standing, self.units)
        view.zone = "" if row.farm_id is None else (await farms.get_farm(uow, row.farm_id)).time_zone
        view.photo = await herd.photo_url(uow, row.id) or ""
        view.numbers = await self._numbers(uow, row, followed, standing)
        if followed.last is not None:
            await show_image(uow, view, followed.last.scan_id, self.units)
        self.animal = view

    async def _numbers(self, uow: UnitOfWork, row: AnimalRow, followed: Followed, standing: Standing) -> list[Number]:
        member = Member(row.id, row.sex, row.farm_id, row.group_id, row.birth_date)
        ratios = await herd.ratios_in_group(uow, member, followed)
        read = ((REA, standing.rea, followed.rea), (BACKFAT, standing.backfat, followed.backfat))
        return [
            number_of(
                trait,
                latest,
                [
                    herd_words.ratio_words(ratios.get(trait.name)),
                    herd_words.change_words(readings, trait, self.units),
                ],
                self.units,
            )
            for trait, latest, readings in read
        ]


def view_of(row: AnimalRow, followed: Followed, standing: Standing, units: str) -> AnimalView:
    """Everything the page tells of an animal but its pictures and numbers."""
    here = row.status == "active"
    return AnimalView(
        id=str(row.id),
        tag=row.tag_id,
        what=herd_words.animal_words(row.breed, row.sex),
        rfid=row.rfid or "",
        breed=row.breed or "",
        sex=row.sex or "",
        born=row.birth_date.isoformat() if row.birth_date else "",
        age=herd_words.age(row.birth_date),
        status=row.status,
        farm_id=str(row.farm_id or ""),
        farm=row.farm_name or "",
        group_id=str(row.group_id or ""),
        group=row.group_name or "",
        group_href=f"/groups/{row.group_id}" if row.group_id else "",
        scanned=words.instant(followed.last.at if followed.last else None),
        headline=herd_words.headline(standing) if here else dict(herd_words.STATUSES)[row.status],
        explanation=herd_words.explanation(standing, units) if here else "It is no longer in the herd.",
        tone=TONES[standing.state] if here else "neutral",
    )


async def show_image(uow: UnitOfWork, view: AnimalView, scan_id: UUID, units: str) -> None:
    """The latest usable image with its outline where the asker may see one, and the grade projected from it."""
    found = await scans.get_scan(uow, scan_id)
    graded = await gradings.get_grading(uow, scan_id)
    counts = next((result for result in graded.results if result.counts), None)
    preview = found.preview.url if found.preview else found.thumb_url or ""
    view.image = (counts.overlay_url if counts else None) or preview
    outlined = " with its outline" if counts and counts.overlay_url else ""
    view.image_words = f"Ultrasound image of {view.tag}{outlined}, {found.captured_at:%-d %B %Y}"
    view.image_href = f"/scans/{scan_id}"
    projected = (counts.projected if counts else None) or {}
    view.grade, view.grade_basis = grade_words(projected), grade_basis(projected, units)


def weight_line(weight: WeightRow, units: str) -> Line:
    told = grading_words.row_words(weight.kg, "kg", units)
    return Line(str(weight.id), told, f"{weight.weighed_on:%-d %b %Y}")


def move_lines(moves: Sequence[MoveRow]) -> list[Line]:
    """The history; the latest move that stands can be undone."""
    standing = next((move.id for move in moves if move.undone_at is None), None)
    return [
        Line(
            str(move.id),
            herd_words.move_words(move) + (" · undone" if move.undone_at else ""),
            words.instant(move.moved_at),
            move.moved_by_name or "",
            undo=move.id == standing and move is moves[0],
        )
        for move in moves
    ]
