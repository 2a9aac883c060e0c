"""Animals, the groups they are managed in, where they have been, what they weighed, and how fat they shall be."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.core.tables import document, identifier, instant, key, one_of, reference, within, words

WEIGHT_SOURCES = ("person", "scale", "import", "device")


class Group(SQLModel, table=True):
    """A pen, lot or contemporary group. `external_id` is what devices call it."""

    __tablename__ = "groups"
    __table_args__ = (
        UniqueConstraint("org_id", "id"),
        within("farm_id", "farms"),
        Index("ix_groups_org_id_farm_id", "org_id", "farm_id"),
        Index(
            "uq_groups_org_id_external_id",
            "org_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    farm_id: UUID | None = identifier(required=False)
    name: str = words()
    external_id: str | None = words(required=False)
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)


class Animal(SQLModel, table=True):
    """One animal. The tag is unique in its farm, the RFID in its organisation."""

    __tablename__ = "animals"
    __table_args__ = (
        UniqueConstraint("farm_id", "tag_id"),
        UniqueConstraint("org_id", "id"),
        within("farm_id", "farms"),
        within("group_id", "groups"),
        Index("ix_animals_farm_id_tag_id", "farm_id", text('tag_id COLLATE "C"'), "id"),
        Index("ix_animals_tag_id", "org_id", text('tag_id COLLATE "C"'), "id"),
        Index(
            "ix_animals_search",
            "org_id",
            "tag_id",
            "rfid",
            postgresql_using="gin",
            postgresql_ops={"tag_id": "gin_trgm_ops", "rfid": "gin_trgm_ops"},
        ),
        Index("uq_animals_org_id_rfid", "org_id", "rfid", unique=True, postgresql_where=text("rfid IS NOT NULL")),
        Index("ix_animals_group_id", "group_id"),
        one_of("sex", "bull", "steer", "heifer", "cow"),
        one_of("status", "active", "sold", "dead", "archived"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    farm_id: UUID | None = identifier(required=False)
    group_id: UUID | None = identifier(required=False)
    tag_id: str = words()
    rfid: str | None = words(required=False)
    breed: str | None = words(required=False)
    sex: str | None = words(required=False)
    birth_date: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    status: str = words(default="active")
    photo_key: str | None = words(required=False)
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)


class AnimalMove(SQLModel, table=True):
    """One animal's change of farm or group. Animals moved together share `batch_id`, which is what is undone.

    `scans` went along; `scans_before` keeps where each of them belonged: scan, farm, group.
    """

    __tablename__ = "animal_moves"
    __table_args__ = (
        within("animal_id", "animals", on_delete="CASCADE"),
        within("from_farm_id", "farms"),
        within("to_farm_id", "farms"),
        within("from_group_id", "groups"),
        within("to_group_id", "groups"),
        Index("ix_animal_moves_animal_id", "org_id", "animal_id", text("moved_at DESC")),
        Index("ix_animal_moves_batch_id", "org_id", "batch_id"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    animal_id: UUID = identifier()
    batch_id: UUID = identifier()
    from_farm_id: UUID | None = identifier(required=False)
    to_farm_id: UUID | None = identifier(required=False)
    from_group_id: UUID | None = identifier(required=False)
    to_group_id: UUID | None = identifier(required=False)
    scans: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    scans_before: list[list[str | None]] = document(default=text("'[]'::jsonb"))
    moved_by: UUID | None = reference("users.id", required=False)
    moved_at: datetime | None = instant(now=True)
    undone_at: datetime | None = instant()


class AnimalWeight(SQLModel, table=True):
    """What an animal weighed on a day; weighed again on the same day, the later weight stands."""

    __tablename__ = "animal_weights"
    __table_args__ = (
        within("animal_id", "animals", on_delete="CASCADE"),
        UniqueConstraint("animal_id", "weighed_on"),
        CheckConstraint("kg BETWEEN 1 AND 2000", name="kg"),
        one_of("source", *WEIGHT_SOURCES),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    animal_id: UUID = identifier()
    kg: Decimal = Field(sa_column=Column(Numeric(6, 1), nullable=False))
    weighed_on: date = Field(sa_column=Column(Date, nullable=False))
    source: str = words(default="person")
    recorded_by: UUID | None = reference("users.id", required=False)
    created_at: datetime | None = instant(now=True)


class HerdTarget(SQLModel, table=True):
    """How fat animals shall be: of a group, else of its farm, else (both null) of the organisation."""

    __tablename__ = "herd_targets"
    __table_args__ = (
        within("farm_id", "farms", on_delete="CASCADE"),
        within("group_id", "groups", on_delete="CASCADE"),
        UniqueConstraint("org_id", "farm_id", "group_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("backfat_mm BETWEEN 1 AND 40", name="backfat_mm"),
        CheckConstraint("coming_days BETWEEN 1 AND 365 AND rescan_days BETWEEN 1 AND 365", name="days"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    farm_id: UUID | None = identifier(required=False)
    group_id: UUID | None = identifier(required=False)
    backfat_mm: Decimal = Field(sa_column=Column(Numeric(4, 1), nullable=False))
    coming_days: int = Field(sa_column=Column(Integer, nullable=False))
    rescan_days: int = Field(sa_column=Column(Integer, nullable=False))
    updated_by: UUID | None = reference("users.id", required=False)
    updated_at: datetime | None = instant(now=True)


class HerdVisit(SQLModel, table=True):
    """When a person last looked at the herd (`seen_at`), and the time before that: what is newer is news."""

    __tablename__ = "herd_visits"
    __table_args__ = (Index("ix_herd_visits_user_id", "org_id", "user_id"),)

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    user_id: UUID = reference("users.id", on_delete="CASCADE")
    seen_at: datetime = instant(required=True)
    before_at: datetime | None = instant()
