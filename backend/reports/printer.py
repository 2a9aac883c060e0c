"""The printing library, apart because it takes a second to load: only the first report of a process waits for it."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import ImageFile
from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

# Loading the library lets every image of the process be cut off; captures must be whole to the last row.
ImageFile.LOAD_TRUNCATED_IMAGES = False

FONTS = Path(__file__).parents[2] / "assets" / "fonts"
SCHEME = "cti:"


class OwnBytes(URLFetcher):  # type: ignore[misc]
    """Answers addresses of ours, `cti:<name>`, with bytes that came with the page or lie beside the product."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=[], fail_on_errors=True)
        self._bytes = {**fonts(), **pictures}

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:  # noqa: ARG002 (the library's signature)
        """The bytes of an address; raises ValueError for one that is not ours."""
        name = url.removeprefix(SCHEME)
        if not url.startswith(SCHEME) or name not in self._bytes:
            raise ValueError(f"a report may not fetch {url[:80]!r}")
        return URLFetcherResponse(url, self._bytes[name])


@lru_cache(maxsize=1)
def fonts() -> dict[str, bytes]:
    """The product's font by the names that the stylesheet uses."""
    return {f"font-{part}": (FONTS / f"inter-5.3.0-{part}.woff2").read_bytes() for part in ("latin", "latin-ext")}


def write_pdf(html: str, pictures: Mapping[str, bytes]) -> bytes:
    """Lay the page out. Blocking, some hundred milliseconds a page."""
    made: bytes = HTML(string=html, url_fetcher=OwnBytes(pictures), base_url=SCHEME).write_pdf()
    return made
