"""One scan: everything known of it, its neighbours in the list one came from, and what people decide about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backend.core.errors import NotFound
from backend.core.runtime import runtime
from backend.grading import service as gradings
from backend.grading.schemas import ScanGradingOut
from backend.reviews.rules import REVIEWS, TRAITS, Standing, Trait, review_of
from backend.scans import service as scans
from backend.scans.schemas import ScanDetail, ScanFile, TimelineEntry
from components.theme import LAYERS as COLOURS
from state import address, review_words, scan_words, words
from state.base import AppState, allow, signed_in
from state.grading_views import GradingView, chosen_of, grading_of, who_of
from state.grading_views import layers_of as outlines_of
from state.loading import Loading
from state.rows import scan_href, status_of
from state.scan_filters import FILTERS, filters_of
from state.scans import PATH

LAYERS = (
    ("mask", "Device mask", COLOURS["layer-device"], "D"),
    ("backfat_line", "Device line", COLOURS["layer-second"], "K"),
)
"""What a device drew over its image: file, name and colour, and the key that toggles it."""
QUICK_KEY, QUICK_HINT = "Space", "space"
"""Toggles whatever outline comes first."""
NOTE_CHARS = 2000
NAMES_MOST = 12
UNTAGGED = "Animal without a tag"
PLAIN_FACTS = ("Animal", "RFID", "Group", "Farm")
KEPT = ("sort", "cols", "dense")
"""How the list looked that one came from."""


@dataclass
class Event:
    """A line of the timeline."""

    what: str
    who: str
    at: str


@dataclass
class ScanView:
    """A scan as its page shows it. `title` is the animal's tag, or the capture where there is none.

    `standing` is the status as people say it: an abstention is told from a graded scan.
    """

    id: str = ""
    title: str = ""
    has_tag: bool = False
    capture_id: str = ""
    status: str = ""
    standing: str = ""
    review: str = ""
    reason: str = ""
    farm: str = ""
    zone: str = ""
    captured: str = ""
    received: str = ""
    alt: str = ""
    width_px: int = 0
    height_px: int = 0
    mm_per_px: float = 0.0
    calibration: dict[str, float] = field(default_factory=dict)
    shown_model: str = ""
    base_id: str = ""
    images: dict[str, str | int] = field(default_factory=dict)
    layers: list[dict[str, Any]] = field(default_factory=list)
    facts: list[list[str]] = field(default_factory=list)
    details: list[list[str]] = field(default_factory=list)
    claims: list[list[str]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    traits: list[list[str]] = field(default_factory=list)
    """Name, words and standing of each trait."""
    events: list[Event] = field(default_factory=list)


def images_of(found: ScanDetail, following: ScanFile | None) -> dict[str, str | int]:
    """Signed addresses for the viewer; an image that was not verified is not shown."""
    image = found.image if found.image and found.image.verified_at else None
    ahead = following if following and following.verified_at else None
    return {
        "image": image.url if image else "",
        "preview": found.preview.url if image and found.preview else "",
        "next": ahead.url if ahead else "",
        "ttl_s": runtime().settings.signed_url_ttl_s,
    }


def layers_of(found: ScanDetail) -> list[dict[str, Any]]:
    """The outlines the device sent."""
    files: dict[str, ScanFile | None] = {"mask": found.mask, "backfat_line": found.backfat_line}
    return [
        {"name": name, "label": label, "color": colour, "key": key, "hint": key, "of": file.sha256, "url": file.url}
        for name, label, colour, key in LAYERS
        if (file := files[name]) is not None and file.verified_at is not None
    ]


def with_quick_key(layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same layers; the first of them obeys the quick key, too."""
    if not layers:
        return []
    first = {**layers[0], "key": f"{layers[0]['key']} {QUICK_KEY}", "hint": QUICK_HINT}
    return [first, *layers[1:]]


def event_of(entry: TimelineEntry, device: str) -> Event:
    """A line of the timeline in words."""
    what = scan_words.event_words(entry.event, entry.meta or {}, device=device)
    return Event(what, entry.user_name or "", words.instant(entry.at))


def known_pairs(pairs: list[tuple[str, str | None]]) -> list[list[str]]:
    """The facts that are known."""
    return [[label, value] for label, value in pairs if value]


def image_words(image: ScanFile | None) -> str:
    """`800 x 600 px, 372 kB`, with the sign for times."""
    if image is None:
        return ""
    grid = f"{image.width_px} {words.TIMES} {image.height_px} px" if image.width_px else ""
    return ", ".join(part for part in (grid, words.size(image.size_bytes)) if part)


def facts_of(found: ScanDetail) -> list[list[str]]:
    """Whose scan it is and where it was made."""
    code, label = found.device_code or "", found.device_label
    return known_pairs(
        [
            ("Animal", found.animal_tag),
            ("RFID", found.animal_rfid),
            ("Group", found.group_name),
            ("Farm", found.farm_name or "none yet"),
            ("Device", f"{label} ({code})" if label else code),
            ("Operator", found.operator_name),
        ]
    )


def judged_pairs(found: ScanDetail) -> list[tuple[str, str | None]]:
    """How each trait was judged, where the two differ."""
    if found.rea_review == found.backfat_review:
        return []
    return [("Ribeye area judged", found.rea_review), ("Backfat judged", found.backfat_review)]


def details_of(found: ScanDetail) -> list[list[str]]:
    """How it was made and what it is worth."""
    return known_pairs(
        [
            ("Probe", scan_words.probe_words(found.meta)),
            ("Calibration", scan_words.calibration_words(found.calibration)),
            ("Image", image_words(found.image)),
            ("Clarity · usability", scan_words.quality_words(found.clarity, found.usability)),
            ("Label", found.label),
            *judged_pairs(found),
            ("Reviewed by", found.reviewed_by_name),
        ]
    )


def traits_of(standings: Mapping[Trait, str]) -> list[list[str]]:
    """Name, words and standing of each trait."""
    return [[trait, review_words.TRAITS[trait], standings[trait]] for trait in TRAITS]


def view_of(found: ScanDetail, following: ScanFile | None = None) -> ScanView:
    """A scan for its page; `following` is the image of the next one, which is fetched ahead."""
    title = found.animal_tag or found.label or found.capture_id
    return ScanView(
        id=str(found.id),
        title=title,
        has_tag=title != found.capture_id,
        capture_id=found.capture_id,
        status=found.status,
        standing=status_of(found),
        review=found.review,
        reason=found.last_error or "" if found.status == "error" else "",
        farm=found.farm_name or "",
        zone=found.time_zone or "",
        captured=words.instant(found.captured_at),
        received=words.instant(found.created_at),
        alt=f"Ultrasound image of {title}",
        width_px=(found.image.width_px or 0) if found.image else 0,
        height_px=(found.image.height_px or 0) if found.image else 0,
        mm_per_px=scan_words.mm_per_px(found.calibration),
        calibration=scan_words.pixel_size(found.calibration),
        images=images_of(found, following),
        layers=layers_of(found),
        facts=facts_of(found),
        details=details_of(found),
        claims=scan_words.claim_pairs(found.device_grading),
        flags=scan_words.flag_words(found.flags),
        traits=traits_of({trait: getattr(found, REVIEWS[trait]) for trait in TRAITS}),
        events=[event_of(entry, found.device_code or "its device") for entry in reversed(found.events)],
    )


class ScanState(AppState, Loading):
    """The scan the address names. A farmer sees accepted ones only, and decides nothing."""

    scan: ScanView = ScanView()
    grading: GradingView = GradingView()
    wanted: str = ""
    grade_dialog: str = ""
    missing: bool = False
    previous_href: str = ""
    next_href: str = ""
    back_href: str = PATH
    may_review: bool = False
    may_decide: bool = False
    may_retry: bool = False
    people: str = ""
    """Whom a note may name, for those who write notes."""

    @signed_in(supersedes=True)
    async def load(self) -> None:
        """Read the scan, and its neighbours in the list it was opened from."""
        if self.loaded:
            self.grade_dialog = ""
        await self._load()

    @signed_in(supersedes=True)
    async def refresh(self) -> None:
        """Something happened to this scan: read it again."""
        await self._load()

    @signed_in
    def leave(self) -> None:
        """The page is left: the next scan must not begin with a glance at this one."""
        self.scan, self.grading, self.wanted, self.loaded = ScanView(), GradingView(), "", False

    @allow("admin", "technician")
    async def add_note(self, form: dict[str, str]) -> None:
        """Write a note into the timeline."""
        text = str(form.get("note", "")).replace("\0", "").strip()[:NOTE_CHARS]
        if text:
            async with self._unit() as uow:
                await scans.add_note(uow, UUID(self.scan.id), text)
            await self._load()

    @allow("admin")
    async def retry(self) -> None:
        """Have the worker try a failed scan again."""
        async with self._unit() as uow:
            await scans.retry_scan(uow, UUID(self.scan.id))
        self._say("The worker tries it again.")
        await self._load()

    async def _load(self) -> None:
        asked = address.parameters(self.router.url.query_parameters, (*FILTERS, *KEPT))
        with self._loading():
            try:
                found, following, graded = await self._find(asked)
            except NotFound:
                self.missing, self.scan = True, ScanView(title="Not found")
                return
            self._show(found, following, asked)
            self._show_grading(graded)

    async def _find(self, asked: dict[str, str]) -> tuple[ScanDetail, ScanFile | None, ScanGradingOut]:
        scan_id = self._asked_id()
        async with self._unit(read_only=True) as uow:
            found = await scans.get_scan(uow, scan_id, filters_of(asked, self.time_zone, units=self.units))
            following = await scans.get_image(uow, found.next_id) if found.next_id else None
            graded = await gradings.get_grading(uow, scan_id)
            if uow.actor.role in {"admin", "technician"}:
                named = [person.full_name for person in await scans.people_of(uow, scan_id)]
                self.people = ", ".join(named[:NAMES_MOST]) + (" …" if len(named) > NAMES_MOST else "")
        return found, following, graded

    def _asked_id(self) -> UUID:
        try:
            return UUID(str(self.id))  # type: ignore[attr-defined]  # the route's own segment
        except ValueError as error:
            raise NotFound from error

    def _show(self, found: ScanDetail, following: ScanFile | None, asked: dict[str, str]) -> None:
        self.missing = False
        self.scan = view_of(found, following)
        self.previous_href = scan_href(found.previous_id, asked) if found.previous_id else ""
        self.next_href = scan_href(found.next_id, asked) if found.next_id else ""
        self.back_href = "/" if self.role == "farmer" else address.href(PATH, asked)
        self.may_review = self.role in {"admin", "technician"}
        if not self.may_review:
            self._put_plainly(found)
        self.may_decide = self.may_review and bool(self.scan.images["image"])
        self.may_retry = self.role == "admin" and found.status == "error"

    def _put_plainly(self, found: ScanDetail) -> None:
        """For who follows animals: no capture ids, probes and claims, which are the trade's."""
        if not (found.animal_tag or found.label):
            self.scan.title, self.scan.alt = UNTAGGED, "Ultrasound image of an animal without a tag"
        self.scan.has_tag, self.scan.details, self.scan.claims = False, [], []
        self.scan.facts = [fact for fact in self.scan.facts if fact[0] in PLAIN_FACTS]

    def _show_standings(self, standings: Mapping[Trait, Standing]) -> None:
        self.scan.review = review_of(standings)
        self.scan.traits = traits_of(standings)

    def _show_grading(self, graded: ScanGradingOut) -> None:
        """What was measured, and its outlines above those the device drew."""
        self.grading = grading_of(graded, self.wanted, self.units)
        shown = chosen_of(graded.results, self.wanted)
        self.scan.layers = with_quick_key([*outlines_of(graded.results, shown, self.units), *self.scan.layers])
        self.scan.shown_model = who_of(shown) if shown else ""
        self.scan.base_id = str(shown.id) if shown else ""
