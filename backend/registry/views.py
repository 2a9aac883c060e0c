"""The registry as pages, scripts and workers see it: versions, what aliases stand for, and the model of a run."""

from dataclasses import dataclass
from datetime import datetime

from backend.registry.models import ModelAlias, ModelVersion


@dataclass(frozen=True, slots=True)
class Model:
    """A version as pages and scripts see it. `facts` is its metadata: training set, metrics by domain, latency."""

    reference: str
    name: str
    version: str
    kind: str
    status: str
    reason: str | None
    source: str
    sha256: str
    created_at: datetime
    aliases: tuple[str, ...]
    facts: dict[str, object]
    config: dict[str, object]


@dataclass(frozen=True, slots=True)
class AliasChange:
    """What an alias stands for since `changed_at`; `model` None: for none. `share` is the canary's, 0..1."""

    kind: str
    alias: str
    model: str | None
    share: float | None
    reason: str | None
    changed_by: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Registry:
    """Every version, what the aliases stand for now, and how that came about, the newest first."""

    models: list[Model]
    aliases: list[AliasChange]
    history: list[AliasChange]


@dataclass(frozen=True, slots=True)
class Choice:
    """The model for a run, and the alias it was chosen by; None where it was asked for by name."""

    model: ModelVersion
    alias: str | None


def reference_of(version: ModelVersion) -> str:
    return f"{version.name}@{version.version}"


def model_of(version: ModelVersion, aliases: list[str]) -> Model:
    assert version.created_at is not None  # noqa: S101 (filled in by the server)
    return Model(
        reference=reference_of(version),
        name=version.name,
        version=version.version,
        kind=version.kind,
        status=version.status,
        reason=version.reason,
        source=version.source,
        sha256=version.sha256,
        created_at=version.created_at,
        aliases=tuple(aliases),
        facts=version.facts,
        config=version.config,
    )


def change_of(alias: ModelAlias, version: ModelVersion | None, who: str | None) -> AliasChange:
    assert alias.changed_at is not None  # noqa: S101 (filled in by the server)
    model = None if version is None else reference_of(version)
    return AliasChange(alias.kind, alias.alias, model, alias.share, alias.reason, who, alias.changed_at)
