"""What the build changes in Reflex's own files, and that it notices when they are no longer what it knows."""

import pytest

from cti_app.frontend import (
    OWN_ENDPOINT,
    SLICED,
    FrontendChanged,
    few_files,
    hydrated_at_once,
    plain_elements,
    same_origin,
)

BUNDLER = 'resolve: { alias: [ { find: "$" } ] }'


def test_elements_are_reacts_own_and_a_second_build_changes_nothing() -> None:
    once = plain_elements(BUNDLER)
    assert once.index('find: "@emotion/react"') < once.index('find: "$"')
    assert plain_elements(once) == once


def test_what_many_pages_share_comes_before_the_bundlers_own_groups() -> None:
    once = few_files('codeSplitting: { groups: [ { name: "reflex-env" } ] }')
    assert once.index('name: "frame"') < once.index('name: "reflex-env"')
    assert few_files(once) == once


def test_a_page_comes_to_life_in_one_go() -> None:
    once = hydrated_at_once(SLICED)
    assert "startTransition" not in once
    assert hydrated_at_once(once) == once


def test_a_page_talks_to_where_it_came_from() -> None:
    changed = same_origin("endpoint.hostname = frontend_hostname;")
    assert changed == OWN_ENDPOINT
    assert same_origin(changed) == changed


@pytest.mark.parametrize("change", [few_files, hydrated_at_once, plain_elements, same_origin])
def test_other_files_than_those_known_stop_the_build(change: object) -> None:
    with pytest.raises(FrontendChanged):
        change("something else")  # type: ignore[operator]
