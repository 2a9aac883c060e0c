"""The fixtures other tests stand on keep their promises."""

import psycopg
from redis import Redis
from sqlalchemy import text

from backend.core.actor import Actor
from backend.core.database import Database
from backend.core.settings import Settings


def test_the_application_role_neither_owns_nor_bypasses(database_url: str) -> None:
    with psycopg.connect(database_url) as session:
        row = session.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owned = session.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole").fetchone()
    assert row == ("cti_app", False, False, False, False)
    assert owned == (0,)


def test_what_one_test_leaves_behind_1(owner_url: str, redis_url: str) -> None:
    leave_something(owner_url, redis_url)


def test_what_one_test_leaves_behind_2(owner_url: str, redis_url: str) -> None:
    leave_something(owner_url, redis_url)


def leave_something(owner_url: str, redis_url: str) -> None:
    with psycopg.connect(owner_url) as session:
        session.execute("CREATE TABLE left_behind ()")
    with Redis.from_url(redis_url) as client:
        assert client.get("left") is None
        client.set("left", "behind")


async def test_a_unit_of_work_knows_its_asker(database: Database, settings: Settings) -> None:
    async with database.unit_of_work(Actor.system()) as unit:
        assert await unit.session.scalar(text("SELECT current_setting('app.role')")) == "system"
    assert settings.redis_url.startswith("unix://")
