"""Runs migrations as the owner of the tables, one transaction each, giving up early rather than queueing on a lock."""

from logging import getLogger

import geoalchemy2.alembic_helpers
from sqlalchemy import create_engine, pool, text

from alembic import context
from backend.core.database import driver_url
from backend.core.settings import get_settings
from backend.models import metadata

log = getLogger("alembic.env")


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name in {"spatial_ref_sys", "alembic_version"})


def include_object(item: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:  # noqa: FBT001
    return geoalchemy2.alembic_helpers.include_object(item, name, kind, reflected, compare_to)


def owner_url() -> str:
    """An explicit -x url=… wins, then the setting."""
    given = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get("url")
    settings = None if given else get_settings()
    return driver_url(given or (settings.database_owner_url or settings.database_url))


def run() -> None:
    engine = create_engine(owner_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_name=include_name,
            include_object=include_object,
            render_item=geoalchemy2.alembic_helpers.render_item,
            process_revision_directives=geoalchemy2.alembic_helpers.writer,
            transaction_per_migration=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
