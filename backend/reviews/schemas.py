"""What reviews look like to a reader, and what may be said of an image."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from backend.reviews.rules import Reason, Standing, Trait, Verdict
from backend.scans.filters import Review
from backend.scans.schemas import REASON_CHARS, Asked, Shown, Words

GivenReason = Literal[
    "edge_cut",
    "no_contact",
    "wrong_site",
    "shadow",
    "motion",
    "wrong_setting",
    "brightness",
    "unclear_outline",
    "dirt",
]


class ReviewIn(Asked):
    """A judgement of both traits by `review`, or of each by its name; `unreviewed` takes one back."""

    review: Review | None = Field(None, description="Of both traits, as far as they are not named")
    rea: Standing | None = Field(None, description="Of the ribeye area")
    backfat: Standing | None = None
    reasons: list[GivenReason] = Field(default_factory=list, max_length=9)
    reason: Annotated[Words, Field(max_length=REASON_CHARS)] = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.verdicts:
            raise ValueError("review, rea or backfat must be given")
        return self

    @property
    def verdicts(self) -> dict[Trait, Standing]:
        """The verdict on each trait that is judged."""
        named: dict[Trait, Standing | None] = {"rea": self.rea or self.review, "backfat": self.backfat or self.review}
        return {trait: verdict for trait, verdict in named.items() if verdict is not None}


class ReadingOut(Shown):
    """One reader's verdict on one trait. The number is the one that stood there when it was read."""

    id: UUID
    judgement_id: UUID = Field(description="What was given in one act")
    trait: Trait
    kind: Literal["first", "second", "repeat"]
    reader_id: UUID
    reader_name: str | None
    verdict: Verdict
    reasons: list[Reason]
    result_id: UUID | None
    rea_cm2: float | None
    backfat_mm: float | None
    created_at: datetime
    taken_back_at: datetime | None


class ReadingsOut(Shown):
    """The readings of a scan, the oldest first. Those that await the asker's own second reading are left out."""

    items: list[ReadingOut]


class HoldIn(Asked):
    doing: Literal["reading", "correcting"] = "reading"


class HoldOut(Shown):
    """Who works on a scan just now. A hint: nothing is refused because of it."""

    mine: bool
    doing: Literal["reading", "correcting"]
    holder_id: UUID
    holder_name: str
    seconds_left: int
