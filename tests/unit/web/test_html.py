"""Built pages: content policies by hash, stamps, and refusing what could not be served safely."""

import base64
import gzip
import hashlib
from pathlib import Path

import pytest

from cti_app.html import ROOT_TAG, BuiltPage, BuiltPages, PageUnfit, content_policy

SCRIPT = 'let a = "é" && 1;'
PAGE = f"<!DOCTYPE html>{ROOT_TAG}<head><script>{SCRIPT}</script></head><body>hello</body></html>"


def sha(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for name in ("index.html", "login/index.html", "admin/devices/index.html", "404.html", "__spa-fallback.html"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PAGE.replace("hello", name))
    return tmp_path


def test_map_tiles_are_images_and_nothing_else() -> None:
    policy = content_policy("", ("https://bucket.example",), ("https://tiles.example",))
    assert "img-src 'self' data: blob: https://bucket.example https://tiles.example;" in policy
    assert policy.count("https://tiles.example") == 1


def test_each_inline_script_is_allowed_by_its_hash_and_nothing_else_is() -> None:
    policy = content_policy(PAGE)
    assert f"script-src 'self' '{sha(SCRIPT)}'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_scripts_with_a_source_need_no_hash() -> None:
    assert "script-src 'self';" in content_policy('<script src="/a.js"></script>')


def test_inline_styles_in_tags_get_a_hash_and_on_elements_are_refused() -> None:
    assert f"style-src 'self' '{sha('a{}')}'" in content_policy("<style>a{}</style>")
    with pytest.raises(PageUnfit, match="div"):
        content_policy('<div style="color:red">x</div>')


def test_images_may_come_from_the_object_store() -> None:
    policy = content_policy("", ("https://bucket.example",))
    assert "img-src 'self' data: blob: https://bucket.example;" in policy


def test_pages_are_found_by_their_path(build: Path) -> None:
    pages = BuiltPages(build)
    for path, name in (
        ("/", "index.html"),
        ("/login", "login/index.html"),
        ("/admin/devices", "admin/devices/index.html"),
    ):
        page = pages.at(path)
        assert page is not None
        assert name in page.html
    assert pages.at("/nowhere") is None
    assert "__spa-fallback.html" in pages.fallback.html
    assert "404.html" in pages.missing.html


def test_scripts_and_fonts_wait_for_what_is_seen_first(build: Path) -> None:
    hints = '<link rel="modulepreload" href="/a.js"/><link as="font" href="/f.woff2" rel="preload"/>'
    (build / "index.html").write_text(PAGE.replace("<head>", f'<head><link href="/a.css" rel="stylesheet"/>{hints}'))
    page = BuiltPages(build).at("/")
    assert page is not None
    assert page.html.count('<link fetchpriority="low" ') == 2
    assert '<link href="/a.css" rel="stylesheet"/>' in page.html


def test_no_style_sheet_is_fetched_and_the_policy_allows_what_stands_in_its_place(build: Path) -> None:
    (build / "assets").mkdir()
    (build / "assets" / "a-1.css").write_text("b{}")
    (build / "assets" / "c-2.css").write_text("d{}")
    ahead = '<link as="style" href="/assets/a-1.css" rel="preload"/>'
    links = f'{ahead}<link href="/assets/a-1.css" rel="stylesheet"/><link rel="stylesheet" href="/assets/c-2.css"/>'
    (build / "index.html").write_text(PAGE.replace("<head>", f"<head>{links}"))
    page = BuiltPages(build).at("/")
    assert page is not None
    assert page.html.index("<style>b{}d{}</style>") < page.html.index("<link disabled")
    assert page.html.count("<link disabled ") == 2
    assert '<link media="print" as="style"' in page.html
    assert sha("b{}d{}") in page.policy


def test_a_folder_without_a_build_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(PageUnfit, match="make setup"):
        BuiltPages(tmp_path)


def test_a_page_that_breaks_the_policy_stops_the_start(build: Path) -> None:
    (build / "login" / "index.html").write_text(f'{ROOT_TAG}<p style="x">')
    with pytest.raises(PageUnfit, match="login"):
        BuiltPages(build)


def test_a_stamp_is_an_attribute_of_the_document_and_cannot_break_out_of_it() -> None:
    page = BuiltPage(PAGE, content_policy(PAGE))
    body = page.stamped((("role", 'x"><script>'),)).body.decode()
    assert '<html lang="en" data-role="x&quot;&gt;&lt;script&gt;">' in body


def test_stamps_change_the_tag_and_the_compressed_page_is_the_same_page() -> None:
    page = BuiltPage(PAGE, content_policy(PAGE))
    plain, stamped = page.stamped(), page.stamped((("role", "admin"),))
    assert plain.etag != stamped.etag
    assert gzip.decompress(stamped.gzipped) == stamped.body


def test_the_page_for_an_outage_needs_no_script(build: Path) -> None:
    page = BuiltPages(build).unavailable
    assert "<script" not in page.html
    assert "script-src 'self';" in page.policy
