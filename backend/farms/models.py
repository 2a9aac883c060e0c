"""Farms and their boundaries."""

from datetime import datetime
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.tables import identifier, instant, key, reference, within, words

SRID = 4326


class Farm(SQLModel, table=True):
    """A place with animals. `geofence` is the first polygon; farms of several keep the rest in `farm_geofences`."""

    __tablename__ = "farms"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        UniqueConstraint("org_id", "id"),
        Index("ix_farms_geofence", "geofence", postgresql_using="gist"),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    name: str = words()
    time_zone: str = words(default="America/Edmonton")
    geofence: object | None = Field(
        default=None, sa_column=Column(Geometry("POLYGON", srid=SRID, spatial_index=False), nullable=True)
    )
    centroid: object | None = Field(
        default=None, sa_column=Column(Geometry("POINT", srid=SRID, spatial_index=False), nullable=True)
    )
    created_at: datetime | None = instant(now=True)
    updated_at: datetime | None = instant(now=True)


class FarmGeofence(SQLModel, table=True):
    """One polygon of a farm's boundary; holes, emptiness and self-crossing are refused by the table itself."""

    __tablename__ = "farm_geofences"
    __table_args__ = (
        within("farm_id", "farms", on_delete="CASCADE"),
        Index("ix_farm_geofences_farm_id", "farm_id"),
        Index("ix_farm_geofences_geofence", "geofence", postgresql_using="gist"),
        CheckConstraint(
            "ST_IsValid(geofence) AND NOT ST_IsEmpty(geofence) AND ST_NumInteriorRings(geofence) = 0", name="geofence"
        ),
    )

    id: UUID = key()
    org_id: UUID = reference("organizations.id")
    farm_id: UUID = identifier()
    label: str | None = words(required=False)
    geofence: object = Field(sa_column=Column(Geometry("POLYGON", srid=SRID, spatial_index=False), nullable=False))
    created_at: datetime | None = instant(now=True)
