"""The route of the command palette: anything one may see, by a few letters."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from backend.core.http import Uow, signed_in
from backend.search import service
from backend.search.service import Hit

router = APIRouter(prefix="/api/v1/search", tags=["Search"])


class Hits(BaseModel):
    model_config = ConfigDict(frozen=True)

    items: list[Hit]


@router.get("", dependencies=[signed_in()])
async def search(uow: Uow, q: Annotated[str, Query(max_length=100)] = "") -> Hits:
    """Captures, animals, devices and farms called so, up to five of each, within what the caller may see."""
    return Hits(items=await service.search(uow, q))
