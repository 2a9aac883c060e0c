"""The documentation page: plain, whole, and safe to show whatever a docstring says."""

import re

from backend.api import create_api
from backend.core.http.reference import reference_html


def test_it_names_every_operation_of_the_document() -> None:
    document = create_api().openapi()
    page = reference_html(document)
    for path, item in document["paths"].items():
        assert f"<code>{path}</code>" in page
        assert page.count(f"<code>{path}</code>") == len(item)


def test_it_needs_nothing_from_elsewhere() -> None:
    page = reference_html(create_api().openapi())
    assert "<script" not in page
    assert " style=" not in page
    assert set(re.findall(r'(?:src|href)="([^"#]+)', page)) == {"/api/docs/style.css", "/api/v1/openapi.json"}


def test_words_are_escaped() -> None:
    document = {
        "info": {"title": "<b>", "version": "1", "description": "a & b"},
        "paths": {"/x": {"get": {"summary": "<img src=x>", "responses": {}}}},
    }
    page = reference_html(document)
    assert "<img" not in page
    assert "<title>&lt;b&gt;</title>" in page
