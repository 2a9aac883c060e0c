"""`cti doctor` and `cti migrate` on installations that are well, and on ones that are not."""

from pathlib import Path

import pytest

from cti_app.doctor import machine
from tests.integration.cli.conftest import Cti, Said


@pytest.fixture(autouse=True)
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Built pages, so that each test says itself what is wrong."""
    built = tmp_path / "index.html"
    built.touch()
    monkeypatch.setattr(machine, "FRONTEND", built)
    monkeypatch.setattr(machine, "ensure_port_is_free", lambda _host, _port: None)
    return built


def finding(said: Said, check: str) -> dict[str, str]:
    return next(item for item in said.document["findings"] if item["check"] == check)


def test_a_whole_installation_is_found_well(cti: Cti) -> None:
    said = cti("doctor", "--json")
    assert [item for item in said.document["findings"] if item["status"] == "wrong"] == []
    assert said.code == 0
    assert said.document["healthy"] is True
    assert finding(said, "row-level security")["detail"] == "binds cti_app"


def test_missing_pages_are_found_with_the_remedy(cti: Cti, pages: Path) -> None:
    pages.unlink()
    said = cti("doctor")
    assert said.code == 3
    assert "→ make setup" in said.out
    assert "1 to mend: pages." in said.out


def test_an_application_role_that_owns_the_tables_is_found(
    cti: Cti, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTI_DATABASE_URL", owner_url)
    said = cti("doctor", "--json")
    assert said.code == 3
    assert "owns tables" in finding(said, "row-level security")["detail"]


def test_a_database_without_migrations_is_found_and_migrated(
    cti: Cti, cluster: object, empty_owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTI_DATABASE_URL", empty_owner_url.replace("cti_owner@", "cti_app@"))
    monkeypatch.setenv("CTI_DATABASE_OWNER_URL", "")
    before = cti("doctor", "--json")
    assert finding(before, "migrations")["remedy"] == "cti migrate"
    refused = cti("migrate")
    assert refused.code == 3
    assert "set CTI_DATABASE_OWNER_URL" in refused.err
    monkeypatch.setenv("CTI_DATABASE_OWNER_URL", empty_owner_url)
    assert cti("migrate", "--json").document["migrations"].startswith("from nothing to ")
    assert cti("migrate", "--json").document["migrations"].startswith("already at ")
    assert finding(cti("doctor", "--json"), "migrations")["status"] == "ok"


def test_a_database_out_of_reach_is_found_and_stops_other_commands(cti: Cti, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTI_DATABASE_URL", "postgresql://cti_app@/cti?host=/nonexistent")
    monkeypatch.setenv("CTI_DATABASE_OWNER_URL", "postgresql://cti_owner@/cti?host=/nonexistent")
    assert finding(cti("doctor", "--json"), "database")["status"] == "wrong"
    said = cti("migrate", "--json")
    assert said.code == 4
    assert said.document["error"]["kind"] == "unavailable"


def test_a_redis_out_of_reach_is_found(cti: Cti, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTI_REDIS_URL", "unix:///nonexistent/redis.sock")
    assert finding(cti("doctor", "--json"), "queue and bus")["status"] == "wrong"


def test_a_mail_server_out_of_reach_is_found(cti: Cti, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTI_SMTP_URL", "smtp://127.0.0.1:1")
    assert finding(cti("doctor", "--json"), "mail")["status"] == "wrong"


def test_secrets_others_may_read_are_found(cti: Cti, environment: Path) -> None:
    cti("doctor")
    secret = environment / "secrets" / "webhook_secret"
    secret.chmod(0o644)
    said = cti("doctor", "--json")
    assert said.code == 3
    assert finding(said, "secrets")["remedy"] == f"chmod 600 {secret}"


def test_a_data_directory_others_may_write_to_is_found(cti: Cti, environment: Path) -> None:
    cti("doctor")
    environment.chmod(0o777)
    assert finding(cti("doctor", "--json"), "data directory")["remedy"] == f"chmod go-w {environment}"


def test_a_missing_server_is_found_with_its_package(cti: Cti, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CTI_DATABASE_URL", "")
    monkeypatch.setattr("cti_app.services.postgres.PROGRAMS", tmp_path)
    said = cti("doctor", "--json")
    assert "apt-get install postgresql-15" in finding(said, "PostgreSQL")["remedy"]
    assert finding(said, "database")["status"] == "skipped"


def test_a_wrong_setting_is_named_and_ends_with_code_3(cti: Cti, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTI_PORT", "seventy")
    said = cti("doctor", "--json")
    assert said.code == 3
    assert said.document["error"]["message"].startswith("CTI_PORT: ")
