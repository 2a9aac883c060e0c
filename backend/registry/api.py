"""Routes of the model registry: looking for technicians and admins, changing for whoever runs the installation."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from backend.core.errors import BadRequest
from backend.core.http import ActorDep, Uow, require, signed_in
from backend.core.runtime import runtime
from backend.ingest.multipart import FormReader
from backend.registry import bundles, service
from backend.registry.schemas import REFERENCE, AliasIn, Registered, RegistryOut, Returned
from backend.registry.service import Alias, Registry

router = APIRouter(prefix="/api/v1/models", tags=["Models"])
ANYBODY = [signed_in()]
WORKERS = [require("admin", "technician")]
PLATFORM = [require("admin", platform=True)]
FILES = {name.partition(".")[0]: name for name in bundles.UPLOADED}
"""What the parts of the form are called, and the files they are."""
LIMITS = dict.fromkeys(("config", "metadata", "card", "preprocessing"), bundles.MAX_TEXT_BYTES)
LIMITS["model"] = bundles.MAX_FILE_BYTES
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": list(FILES),
                    "properties": {part: {"type": "string", "format": "binary"} for part in FILES},
                }
            }
        },
    }
}


@router.get("", dependencies=WORKERS, response_model=RegistryOut)
async def models(uow: Uow) -> Registry:
    """Every version, what the aliases stand for, and how that came about."""
    return await service.list_models(uow)


@router.get(
    "/card",
    dependencies=ANYBODY,
    response_class=Response,
    responses={200: {"content": {"text/markdown": {"schema": {"type": "string"}}}}},
)
async def card(uow: Uow, model: Annotated[str, Query(pattern=REFERENCE)]) -> Response:
    """A model's card: what it was trained on, what it is for, and what it is not for."""
    return Response(await service.card(uow, model), media_type="text/markdown")


@router.post("", dependencies=PLATFORM, status_code=202, openapi_extra=FORM)
async def register(request: Request, actor: ActorDep) -> Registered:
    """Register a version: `model` (ONNX), `config`, `metadata` (both JSON) and `card` (Markdown).

    Every file must have the sha256 that the metadata names. Code is not taken: the preprocessing is the shipped one of
    that hash. The model is tried in a process of its own before it may grade.
    """
    files = await _files(request)
    async with runtime().database.unit_of_work(actor) as uow:
        return Registered(model=await service.register_upload(uow, files))


async def _files(request: Request) -> dict[str, bytes]:
    """The parts of the form by the names of their files. Raises BadForm, PartTooLarge, BadRequest for a double."""
    parts = await FormReader(request.headers.get("content-type", ""), LIMITS, len(LIMITS)).read(request.stream())
    names = [part.name for part in parts]
    if len(set(names)) != len(names):
        raise BadRequest("Send each file once.")
    return {FILES.get(part.name, bundles.PREPROCESSING): bytes(part.data) for part in parts}


@router.put("/aliases/{alias}", dependencies=PLATFORM, status_code=204)
async def set_alias(uow: Uow, alias: Alias, wanted: AliasIn) -> None:
    """Let champion, canary or shadow stand for a model from the next scan on."""
    await service.set_alias(uow, alias, wanted.model, share=wanted.share)


@router.post("/return", dependencies=PLATFORM)
async def return_to_previous(uow: Uow) -> Returned:
    """Make the champion before this one champion again."""
    return Returned(model=await service.return_to_previous(uow))
