"""What the registry answers, and what may be asked of it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

REFERENCE = r"^[a-z0-9][a-z0-9-]{0,62}@[0-9A-Za-z.-]{5,60}$"


class Shown(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class ModelOut(Shown):
    """One immutable version. `facts` is its metadata: training set, metrics by domain, latency."""

    reference: str = Field(description="`name@version`")
    name: str
    version: str
    kind: str = Field(description="The kind of capture it grades")
    status: Literal["checking", "ready", "refused"]
    reason: str | None = Field(description="Why it was refused")
    source: Literal["shipped", "uploaded"]
    sha256: str
    created_at: datetime
    aliases: tuple[str, ...]
    facts: dict[str, object]
    config: dict[str, object]


class AliasOut(Shown):
    """What an alias stands for since `changed_at`; no model: for none."""

    kind: str
    alias: Literal["champion", "canary", "shadow", "previous"]
    model: str | None
    share: float | None = Field(description="Of captures, 0..1, that the canary grades")
    reason: str | None
    changed_by: str | None
    changed_at: datetime


class RegistryOut(Shown):
    models: list[ModelOut]
    aliases: list[AliasOut]
    history: list[AliasOut]


class AliasIn(BaseModel):
    """A model for an alias; null ends canary or shadow."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(pattern=REFERENCE)
    share: float | None = Field(None, gt=0, le=1, description="The canary's share of captures")


class Registered(Shown):
    """A model that waits for its checks."""

    model: str
    status: Literal["checking"] = "checking"


class Returned(Shown):
    """The model that is champion again."""

    model: str
