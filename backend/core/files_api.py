"""Objects of the folder store over HTTP, by URLs it has signed: `/files/{bucket}/{key}?exp=…&sig=…[&name=…]`.

What a URL shows never changes (`raw/` is write-once, what is derived anew gets a new name), so browsers keep it until
the URL expires.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.datastructures import Headers

from backend.core.clock import utc_now
from backend.core.errors import Forbidden, NotFound
from backend.core.http.access import public
from backend.core.runtime import runtime
from backend.core.storage import ObjectNotFound
from backend.core.storage_folder import FolderStore
from backend.core.storage_walk import mime_type_of

router = APIRouter(prefix="/files", tags=["Files"])
SHOWN = {"image/jpeg", "image/png", "image/webp", "application/json", "application/pdf"}
"""What a browser may show; everything else it saves."""
SIGNED = public("the URL is signed, names one object and expires")
NAME_CHARS = 255


class LinkInvalid(Forbidden):
    code, title = "link_invalid", "The link is not valid"


class LinkExpired(Forbidden):
    code, title = "link_expired", "The link has expired"


@router.get("/{bucket}/{key:path}", dependencies=[SIGNED], response_class=Response, summary="Read an object")
@router.head("/{bucket}/{key:path}", dependencies=[SIGNED], include_in_schema=False)
async def read_object(
    request: Request,
    bucket: str,
    key: str,
    exp: Annotated[int, Query(description="When the URL expires, in unix seconds", ge=0, le=1 << 40)],
    sig: Annotated[str, Query(description="The server's signature", max_length=128)],
    name: Annotated[str | None, Query(description="Save under this name", max_length=NAME_CHARS)] = None,
) -> Response:
    """Send one object, or the part of it that `Range` asks for. Ask the API for a fresh URL when it has expired."""
    store = runtime().store
    if not isinstance(store, FolderStore) or bucket != store.bucket:
        raise NotFound
    if not store.signature_holds(key, exp, sig, name):
        raise LinkInvalid("The link was changed on its way. Open the page again to get a fresh one.")
    remaining_s = exp - int(utc_now().timestamp())
    if remaining_s <= 0:
        raise LinkExpired("Open the page again to get a fresh link.")
    return await _send(store, request.headers, key, remaining_s, name)


async def _send(store: FolderStore, asked: Headers, key: str, remaining_s: int, name: str | None) -> Response:
    try:
        path, found = await store.locate(key)
    except ObjectNotFound as error:
        raise NotFound("The object is no longer stored.") from error
    mime_type = mime_type_of(key)
    saved_as = name if name is not None else None if mime_type in SHOWN else key.rsplit("/", 1)[-1]
    answer = FileResponse(
        path, headers=_headers(remaining_s), media_type=mime_type, filename=saved_as, stat_result=found
    )
    if asked.get("if-none-match") == answer.headers["etag"]:
        kept = {name: answer.headers[name] for name in ("etag", "cache-control")}
        return Response(status_code=304, headers=kept)
    return answer


def _headers(remaining_s: int) -> dict[str, str]:
    """Private to the browser that was given the URL, kept until it expires, and never run as a page of ours."""
    return {
        "Cache-Control": f"private, max-age={remaining_s}, immutable",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
