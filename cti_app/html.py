"""The built pages, kept in memory: each with the content policy its own inline scripts need, and stamped when sent.

A stamp is an attribute on <html> that the theme's CSS reads before any script has run: the role decides which
navigation shows, an error code which sentence on the sign-in page. The pages themselves stay the same for everybody.
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

ROOT_TAG: Final = '<html lang="en">'
FALLBACK: Final = "__spa-fallback.html"
MISSING: Final = "404.html"
LATER: Final = re.compile(r'<link (?=rel="modulepreload"|as="font")')
STYLESHEET: Final = re.compile(r'href="(/assets/[^"]+\.css)"')
STYLE_AHEAD: Final = re.compile(r'<link (?=[^>]*as="style")')
STYLES: Final = re.compile(r'<link (?=[^>]*rel="stylesheet")[^>]*href="(/assets/[^"]+\.css)"')
Stamps = tuple[tuple[str, str], ...]


class PageUnfit(Exception):
    """A built page cannot be served safely; the message names the page and what is wrong with it."""


class _Inline(HTMLParser):
    """Collects the text of inline scripts and styles, and notices style attributes, which no hash can allow."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: dict[str, list[str]] = {"script": [], "style": []}
        self.styled_tags: list[str] = []
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if "style" in names:
            self.styled_tags.append(tag)
        if tag in self.found and "src" not in names:
            self._open = tag
            self.found[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[self._open][-1] += data


def _hashes(texts: list[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return "".join(f" 'sha256-{digest}'" for digest in dict.fromkeys(digests))


def content_policy(html: str, image_origins: tuple[str, ...] = (), tile_origins: tuple[str, ...] = ()) -> str:
    """The strictest policy under which this page works. Raises PageUnfit for what only `unsafe-inline` would allow.

    Scripts may read what comes from `image_origins`; map tiles of `tile_origins` are only looked at.
    """
    inline = _Inline()
    inline.feed(html)
    if inline.styled_tags:
        raise PageUnfit(f"style attributes on {sorted(set(inline.styled_tags))}: use classes")
    images = "".join(f" {origin}" for origin in image_origins)
    tiles = "".join(f" {origin}" for origin in tile_origins)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self'{_hashes(inline.found['script'])}",
            f"style-src 'self'{_hashes(inline.found['style'])}",
            f"img-src 'self' data: blob:{images}{tiles}",
            f"connect-src 'self'{images}",
            "font-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


@dataclass(frozen=True, slots=True)
class Document:
    """A page ready to be sent: its bytes, plain and compressed, its name for caches."""

    body: bytes
    gzipped: bytes
    etag: str


@dataclass(frozen=True)
class BuiltPage:
    """One built page and its content policy."""

    html: str
    policy: str

    def stamped(self, stamps: Stamps = ()) -> Document:
        """The page with `stamps` on its <html>; the same stamps give the same document."""
        return _document(self.html, stamps)


@lru_cache(maxsize=512)
def _document(html: str, stamps: Stamps) -> Document:
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in stamps)
    body = html.replace(ROOT_TAG, f"{ROOT_TAG[:-1]}{attributes}>", 1).encode()
    etag = hashlib.sha256(body).hexdigest()[:32]
    return Document(body, gzip.compress(body, 9, mtime=0), f'"{etag}"')


class BuiltPages:
    """Every page of a finished build, read once at the start."""

    def __init__(self, folder: Path, image_origins: tuple[str, ...] = (), tile_origins: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self._pages = {path: _read(folder, file, image_origins, tile_origins) for path, file in _files(folder)}
        if MISSING not in self._pages or FALLBACK not in self._pages:
            raise PageUnfit(f"{folder} holds no finished build: run `make setup`")
        self._unavailable = self._make_unavailable()
        self.files = frozenset(_file_paths(folder))
        """Paths of everything else in the build; what is not among them is not served."""

    def at(self, path: str) -> BuiltPage | None:
        """The page prerendered for exactly this path, or None."""
        return self._pages.get(path)

    @property
    def fallback(self) -> BuiltPage:
        """The page for routes with a variable part, drawn in the browser."""
        return self._pages[FALLBACK]

    @property
    def missing(self) -> BuiltPage:
        """The page for what is not there."""
        return self._pages[MISSING]

    @property
    def unavailable(self) -> BuiltPage:
        """The page while a service behind is out of reach: no script, it tries again by itself."""
        return self._unavailable

    def _make_unavailable(self) -> BuiltPage:
        found = STYLESHEET.search(self.missing.html)
        style = f'<link rel="stylesheet" href="{found.group(1)}">' if found else ""
        html = (
            f'<!DOCTYPE html>{ROOT_TAG}<head><meta charset="utf-8"><meta http-equiv="refresh" content="5">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>Back in a moment · CTI</title>{style}</head><body><main class="mx-auto max-w-lg px-6 py-24">'
            '<h1 class="text-title font-bold">Back in a moment</h1><p class="mt-2 text-muted">A part of the service is'
            " restarting. Captures are kept by the devices meanwhile. This page tries again by itself.</p></main>"
            "</body></html>"
        )
        return BuiltPage(html, content_policy(html))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """(path, file) of every page: `/login` for login/index.html, file names for the two special ones."""
    for name in (FALLBACK, MISSING):
        if (folder / name).is_file():
            yield name, folder / name
    for file in folder.rglob("index.html"):
        relative = file.parent.relative_to(folder).as_posix()
        yield "/" if relative == "." else f"/{relative}", file


def _file_paths(folder: Path) -> Iterator[str]:
    """Paths of the build's own files. Pages are served from memory, compressed copies in place of their originals."""
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix not in {".html", ".gz", ".br"}:
            yield f"/{file.relative_to(folder).as_posix()}"


def _read(folder: Path, file: Path, image_origins: tuple[str, ...], tile_origins: tuple[str, ...]) -> BuiltPage:
    html = file.read_text(encoding="utf-8")
    if ROOT_TAG not in html:
        raise PageUnfit(f"{file.name} does not start with {ROOT_TAG}")
    html = LATER.sub('<link fetchpriority="low" ', html)  # a slow line brings what is seen first
    html = _with_styles(html, folder)
    try:
        return BuiltPage(html, content_policy(html, image_origins, tile_origins))
    except PageUnfit as error:
        raise PageUnfit(f"{file}: {error}") from error


def _with_styles(html: str, folder: Path) -> str:
    """The page with its style sheets in it: a slow line would take one more turn before anything is seen.

    The links stay, because the application's own code looks for them, but nothing is fetched for them.
    """
    links = list(STYLES.finditer(html))
    css = "".join((folder / link.group(1).lstrip("/")).read_text(encoding="utf-8") for link in links)
    if not css or "</style" in css:
        return html
    before, after = html[: links[0].start()], html[links[0].start() :]
    idle = STYLES.sub(lambda link: link.group(0).replace("<link ", "<link disabled ", 1), after)
    return STYLE_AHEAD.sub('<link media="print" ', f"{before}<style>{css}</style>{idle}")
