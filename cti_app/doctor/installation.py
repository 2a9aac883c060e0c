"""The installation: database, migrations, Redis, object store, mail, as the application would meet them."""

import asyncio
import smtplib
from collections.abc import Callable, Iterator

import psycopg
from psycopg.rows import dict_row
from redis import Redis
from redis.exceptions import RedisError

from backend.core.errors import CtiError
from backend.core.settings import Settings
from backend.core.storage import open_store
from cti_app.doctor.finding import Finding
from cti_app.local import LocalServices, borrowed_services
from cti_app.services import ServiceError, postgres_bootstrap

TIMEOUT_S = 5
ROLE = """
SELECT rolname AS name, rolsuper OR rolbypassrls AS unbounded,
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relowner = r.oid) AS owns,
       current_setting('server_version') AS version,
       ARRAY(SELECT extname::text FROM pg_extension) AS extensions
FROM pg_roles r WHERE rolname = current_user
"""


def installation_findings(settings: Settings, *, services_can_run: bool) -> Iterator[Finding]:
    """Findings about services and store. Private services that do not run are started for the length of the look."""
    if not services_can_run:
        yield Finding.skipped("database", "cannot be looked at before this machine is well")
    elif not settings.database_url and not _has_cluster(settings):
        yield Finding.skipped("database", "made at the first start")
    else:
        yield from _services(settings)
    yield _store(settings)
    yield _mail(settings)


def _has_cluster(settings: Settings) -> bool:
    if not settings.data_dir.exists():
        return False
    postgres = LocalServices(settings).postgres
    return postgres is not None and (postgres.folder / "PG_VERSION").exists()


def _services(settings: Settings) -> Iterator[Finding]:
    try:
        with borrowed_services(settings) as connected:
            yield from _database(connected.database_url)
            yield _redis(connected.redis_url)
    except ServiceError as error:
        yield Finding.bad("services", str(error), "see the log it names, or remove the cause it names")


def _database(url: str) -> Iterator[Finding]:
    try:
        with psycopg.connect(url, connect_timeout=TIMEOUT_S, row_factory=dict_row) as session:
            found = session.execute(ROLE).fetchone()
    except psycopg.OperationalError as error:
        yield Finding.bad("database", " ".join(str(error).split()), "start it, or mend CTI_DATABASE_URL")
        return
    if found is None:
        yield Finding.bad("database", "the role does not know itself", "mend CTI_DATABASE_URL")
        return
    yield Finding.good("database", f"PostgreSQL {found['version']}, role {found['name']}")
    yield _role(found)
    yield _extensions(found)
    yield _migrations(url)


def _role(found: dict[str, object]) -> Finding:
    if found["unbounded"] or found["owns"]:
        why = "is superuser or bypasses" if found["unbounded"] else "owns tables, so it is not bound by"
        remedy = "give CTI_DATABASE_URL a role of its own and CTI_DATABASE_OWNER_URL the owner"
        return Finding.bad("row-level security", f"{found['name']} {why} row-level security", remedy)
    return Finding.good("row-level security", f"binds {found['name']}")


def _extensions(found: dict[str, object]) -> Finding:
    present = found["extensions"] if isinstance(found["extensions"], list) else []
    absent = [name for name in postgres_bootstrap.EXTENSIONS if name not in present]
    if absent:
        commands = "; ".join(f"CREATE EXTENSION {name}" for name in absent)
        return Finding.bad("extensions", f"absent: {', '.join(absent)}", f"as superuser in that database: {commands}")
    return Finding.good("extensions", ", ".join(postgres_bootstrap.EXTENSIONS))


def _migrations(url: str) -> Finding:
    from cti_app import migrations

    found, wanted = migrations.current(url), migrations.head()
    if found == wanted:
        return Finding.good("migrations", f"at {found}")
    return Finding.bad("migrations", f"at {found or 'nothing'}, this version needs {wanted}", "cti migrate")


def _redis(url: str) -> Finding:
    try:
        with Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S) as client:
            version, policy = client.info("server")["redis_version"], client.info("memory")["maxmemory_policy"]
    except (RedisError, OSError) as error:
        return Finding.bad("queue and bus", f"Redis: {error}", "start it, or mend CTI_REDIS_URL")
    if policy != "noeviction":
        remedy = "CONFIG SET maxmemory-policy noeviction"
        return Finding.doubtful("queue and bus", f"Redis {version} may evict waiting work ({policy})", remedy)
    return Finding.good("queue and bus", f"Redis {version}")


def _store(settings: Settings) -> Finding:
    where = settings.storage_url or str(settings.data_dir / "objects")
    if not settings.storage_url and not settings.data_dir.exists():
        return Finding.skipped("object store", f"{where} will be made at the first start")
    store = open_store(settings)
    return _reached("object store", lambda: asyncio.run(store.check()), where, "mend CTI_STORAGE_URL")


def _mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        return Finding.skipped("mail", "CTI_SMTP_URL is empty: links go to the log and the admin's page")
    from backend.core.mail import server_of

    server = server_of(settings.smtp_url)

    def greet() -> None:
        kind = smtplib.SMTP_SSL if server.implicit_tls else smtplib.SMTP
        with kind(server.host, server.port, timeout=TIMEOUT_S) as session:
            session.ehlo()

    return _reached("mail", greet, f"{server.host}:{server.port}", "mend CTI_SMTP_URL")


def _reached(check: str, reach: Callable[[], None], where: str, remedy: str) -> Finding:
    try:
        reach()
    except (CtiError, OSError, smtplib.SMTPException) as error:
        return Finding.bad(check, f"{where}: {error}", remedy)
    return Finding.good(check, where)
