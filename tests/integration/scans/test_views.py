"""Saved views: one's own, by name, without the place in the list; one of them opens it."""

import pytest

from backend.core.errors import Invalid
from backend.core.ids import new_id
from backend.core.runtime import Runtime
from backend.scans import views
from backend.scans.views import TooManyViews, ViewNotFound
from tests.plugins.people import SignedIn
from tests.support.people import Tenant


async def test_a_view_is_kept_replaced_chosen_and_forgotten(
    runtime: Runtime, acme: Tenant, signed_in: SignedIn
) -> None:
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        first = await views.save_view(uow, "  My   session ", "?review=unreviewed&cursor=abc&cols=animal%3A240")
        assert await views.save_view(uow, "My session", "status=graded") == first
        second = await views.save_view(uow, "Abstained", "certainty=abstained")
        await views.choose_default(uow, first)
        await views.choose_default(uow, second)
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        found = [(view.name, view.query, view.is_default) for view in await views.list_views(uow)]
        assert found == [("Abstained", "certainty=abstained", True), ("My session", "status=graded", False)]
        await views.choose_default(uow, second, on=False)
        await views.delete_view(uow, first)
        assert [view.is_default for view in await views.list_views(uow)] == [False]
    browser = await signed_in(acme.technician)
    assert [view["name"] for view in (await browser.get("/api/v1/scans/views")).json()["items"]] == ["Abstained"]


async def test_views_are_their_owners_alone(runtime: Runtime, acme: Tenant, other: Tenant) -> None:
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        mine = await views.save_view(uow, "Mine", "q=4101")
    for person in (acme.admin, other.technician):
        async with runtime.database.unit_of_work(await person.actor()) as uow:
            assert await views.list_views(uow) == []
            with pytest.raises(ViewNotFound):
                await views.delete_view(uow, mine)
            with pytest.raises(ViewNotFound):
                await views.choose_default(uow, mine)


async def test_odd_names_and_long_addresses_are_refused(runtime: Runtime, acme: Tenant) -> None:
    async with runtime.database.unit_of_work(await acme.technician.actor()) as uow:
        for name in ("", "   ", "a" * 61, "a\0b"):
            with pytest.raises(Invalid):
                await views.save_view(uow, name, "")
        with pytest.raises(Invalid):
            await views.save_view(uow, "Long", "q=" + "a" * 2_001)
        for number in range(views.VIEWS_MOST):
            await views.save_view(uow, f"View {number}", "")
        with pytest.raises(TooManyViews):
            await views.save_view(uow, "One more", "")
        with pytest.raises(ViewNotFound):
            await views.delete_view(uow, new_id())
