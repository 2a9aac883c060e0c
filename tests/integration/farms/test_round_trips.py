"""Boundaries through PostGIS and back, whatever their shape."""

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.runtime import Runtime
from backend.farms import service as farms
from tests.support.people import Tenant

Ring = list[list[float]]


@st.composite
def stars(draw: st.DrawFn) -> Ring:
    """A ring that does not cross itself: corners by rising angle round a middle, each at a distance of its own."""
    count = draw(st.integers(3, 40))
    lon, lat = draw(st.floats(-170, 170)), draw(st.floats(-80, 80))
    reach = draw(st.sampled_from([0.001, 0.05, 2.0]))
    far = draw(st.lists(st.floats(0.3, 1), min_size=count, max_size=count))
    ring = [
        [
            round(lon + reach * distance * math.cos(math.tau * number / count), 7),
            round(lat + reach * distance * math.sin(math.tau * number / count), 7),
        ]
        for number, distance in enumerate(far)
    ]
    return [*ring, ring[0]]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rings=st.lists(stars(), min_size=1, max_size=4))
async def test_what_is_drawn_is_what_is_shown_and_can_be_sent_again(
    runtime: Runtime, acme: Tenant, rings: list[Ring]
) -> None:
    drawn = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    admin, farm_id = await acme.admin.actor(), acme.farm_ids[0]
    async with runtime.database.unit_of_work(admin) as uow:
        stored = await farms.add_geofences(uow, farm_id, drawn, replace=True)
        shown = [fence.geojson["coordinates"][0] for fence in stored.geofences]
        again = await farms.add_geofences(
            uow, farm_id, {"type": "MultiPolygon", "coordinates": [[ring] for ring in shown]}, replace=True
        )
    assert shown == rings
    assert [fence.geojson for fence in again.geofences] == [fence.geojson for fence in stored.geofences]
    assert again.area_m2 == stored.area_m2
    assert 0 < stored.area_m2 <= sum(fence.area_m2 for fence in stored.geofences) * 1.000001


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(ring=stars())
async def test_the_point_a_map_opens_at_lies_in_the_farm_and_one_far_off_does_not(
    runtime: Runtime, acme: Tenant, ring: Ring
) -> None:
    admin, farm_id = await acme.admin.actor(), acme.farm_ids[0]
    async with runtime.database.unit_of_work(admin) as uow:
        await farms.add_geofences(uow, farm_id, {"type": "Polygon", "coordinates": [ring]}, replace=True)
        farm = await farms.get_farm(uow, farm_id)
        assert farm.lat is not None
        assert farm.lon is not None
        assert await farms.find_farm_at(uow, farm.lat, farm.lon) == farm_id
        far_lon = farm.lon + 30 if farm.lon < 0 else farm.lon - 30
        assert await farms.find_farm_at(uow, farm.lat, far_lon) is None
