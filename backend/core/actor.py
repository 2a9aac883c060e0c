"""Who is asking. Every unit of work carries an actor; services and row-level security both decide by it."""

from dataclasses import dataclass
from typing import Literal, Self
from uuid import UUID

Role = Literal["admin", "technician", "farmer"]
ActorRole = Literal["admin", "technician", "farmer", "system", "anonymous"]


@dataclass(frozen=True, slots=True)
class Actor:
    """An identity with its scope.

    `farm_ids` is None for every farm of the organisation, otherwise exactly the farms granted (perhaps none).
    `system` is the product itself (ingest, worker, sign-in): bound to one organisation as soon as it is known.
    """

    role: ActorRole
    org_id: UUID | None = None
    user_id: UUID | None = None
    farm_ids: frozenset[UUID] | None = frozenset()
    platform_admin: bool = False
    session_id: UUID | None = None
    email: str = ""
    full_name: str = ""
    scopes: frozenset[str] | None = None
    """None for a person at a browser; the granted scopes for an API token."""
    viewer_id: UUID | None = None
    """The admin who looks at the product as this person; such an actor changes nothing."""

    @classmethod
    def anonymous(cls) -> Self:
        return cls(role="anonymous")

    @classmethod
    def system(cls, org_id: UUID | None = None) -> Self:
        """The product itself: every farm of `org_id`; without one, only identity tables and definer functions."""
        return cls(role="system", org_id=org_id, farm_ids=None)

    @property
    def sees_every_farm(self) -> bool:
        return self.farm_ids is None

    def may_see_farm(self, farm_id: UUID | None) -> bool:
        """Tell whether rows of `farm_id` (None: not yet assigned to a farm) lie in this actor's scope."""
        return self.farm_ids is None or (farm_id is not None and farm_id in self.farm_ids)
