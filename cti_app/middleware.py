"""The edge: what every request meets first.

It sorts requests to the API, the pages, the files and the socket, sends people who may not see a page to sign in, and
puts the security and cache headers on every answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.core.actor import Actor, Role
from backend.core.errors import NotFound, Unavailable
from backend.core.http.middleware import RequestMiddleware
from backend.core.http.problems import problem_of
from backend.identity import service as identity
from backend.identity.api_forms import safe_next
from components.problems import DONE, PROBLEMS, known
from cti_app.html import BuiltPage, BuiltPages, Stamps

API_PREFIXES: Final = ("/api", "/ingest", "/files", "/healthz", "/readyz", "/metrics")
SOCKET_PATH: Final = "/_event"
FOREVER: Final = "public, max-age=31536000, immutable"
FOREVER_PATHS: Final = ("/assets/", "/fonts/")
API_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
PERMISSIONS: Final = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
SECURITY: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: with it a browser hides the Origin of our own forms, which the API asks for.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
HSTS: Final = "max-age=63072000; includeSubDomains"


@dataclass(frozen=True, slots=True)
class Doors:
    """Who may open which page: roles by route, and the function that finds the route of a path."""

    roles: Mapping[str, tuple[Role, ...]]
    route_of: Callable[[str], str | None]

    def roles_of(self, path: str) -> tuple[Role, ...] | None:
        """The roles of the page at `path`: empty for a public one, None when there is no page."""
        route = self.route_of(path)
        return None if route is None else self.roles.get(f"/{route.removeprefix('/').removeprefix('index')}")


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def _is_api(path: str) -> bool:
    return any(_below(path, prefix) for prefix in API_PREFIXES)


def same_host(headers: Headers) -> bool:
    """Tell whether a socket is opened by a page of this very host. Scripts send no Origin and no cookie of a person."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


class SecurityHeaders:
    """Puts the headers on every answer; what a handler set itself stays."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.always = dict(SECURITY) | ({"Strict-Transport-Security": HSTS} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._set(MutableHeaders(scope=message), path, message["status"])
            await send(message)

        await self.app(scope, receive, secured)

    def _set(self, headers: MutableHeaders, path: str, status: int) -> None:
        for name, value in self.always.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", API_POLICY)
        kept = path.startswith(FOREVER_PATHS) and status < 400  # noqa: PLR2004 (any success)
        headers.setdefault("Cache-Control", FOREVER if kept else "no-store" if _is_api(path) else "no-cache")


class Edge:
    """Sorts what comes in. Reflex itself is reached by the socket and the lifespan only."""

    def __init__(self, *, reflex: ASGIApp, api: ASGIApp, site: ASGIApp) -> None:
        self.reflex = reflex
        self.api = api
        self.site = RequestMiddleware(site, max_body_bytes=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.reflex(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif _is_api(scope["path"]):
            await self.api(scope, receive, send)
        else:
            await self.site(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _below(scope["path"], SOCKET_PATH) and same_host(Headers(scope=scope)):
            await self.reflex(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


class Site:
    """Answers requests for the files of the build and for its pages."""

    def __init__(self, built: BuiltPages, doors: Doors, files: ASGIApp) -> None:
        self.built = built
        self.doors = doors
        self.files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["method"] not in {"GET", "HEAD"}:
            response: ASGIApp = problem_of(NotFound("Pages are read, not written to."))
        elif path in self.built.files:
            response = self.files
        elif "." in path.rsplit("/", 1)[-1] or path.startswith(FOREVER_PATHS):
            response = problem_of(NotFound("There is no such file."))
        else:
            response = await self.page(scope)
        await response(scope, receive, send)

    async def page(self, scope: Scope) -> Response:
        """The page, a redirect to sign in, or the page for what is not there."""
        path: str = scope["path"].rstrip("/") or "/"
        headers = Headers(scope=scope)
        try:
            actor = await identity.identify(headers.get("cookie"))
        except Unavailable:
            return self._send(self.built.unavailable, headers, status=503, extra={"Retry-After": "5"})
        roles = self.doors.roles_of(path)
        query = scope["query_string"].decode("latin-1")
        if roles is None or (roles and actor is not None and not _may(actor, roles)):
            return self._send(self.built.missing, headers, status=404, stamps=_stamps(actor))
        if roles and actor is None:
            return _to_sign_in(path, query)
        if path == "/login" and actor is not None:
            return RedirectResponse(safe_next(_parameter(query, "next") or "/"), 303)
        page = self.built.at(path) or self.built.fallback
        return self._send(page, headers, stamps=_stamps(actor, query))

    def _send(
        self,
        page: BuiltPage,
        asked: Headers,
        *,
        status: int = 200,
        stamps: Stamps = (),
        extra: Mapping[str, str] | None = None,
    ) -> Response:
        document = page.stamped(stamps)
        headers = {
            "Content-Security-Policy": page.policy,
            "Cache-Control": "private, no-cache",
            "Vary": "Cookie, Accept-Encoding",
            "ETag": document.etag,
            **(extra or {}),
        }
        if status == 200 and document.etag in asked.get("if-none-match", ""):  # noqa: PLR2004
            return Response(status_code=304, headers=headers)
        if "gzip" not in asked.get("accept-encoding", ""):
            return Response(document.body, status, headers, "text/html")
        return Response(document.gzipped, status, {**headers, "Content-Encoding": "gzip"}, "text/html")


def _may(actor: Actor, roles: tuple[Role, ...]) -> bool:
    return actor.role in roles or actor.platform_admin


def _stamps(actor: Actor | None, query: str = "") -> Stamps:
    """What the theme reads on <html>: only known words, so that few documents are made and nothing can be injected."""
    who = (("role", actor.role),) if actor else ()
    platform = (("platform", "true"),) if actor and actor.platform_admin else ()
    codes = (("error", known(_parameter(query, "error"), PROBLEMS)), ("done", known(_parameter(query, "done"), DONE)))
    return (*who, *platform, *(code for code in codes if code[1]))


def _parameter(query: str, name: str) -> str:
    from urllib.parse import parse_qs

    return parse_qs(query).get(name, [""])[0]


def _to_sign_in(path: str, query: str) -> Response:
    wanted = f"{path}?{query}" if query else path
    return RedirectResponse("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='/')}", 303)
