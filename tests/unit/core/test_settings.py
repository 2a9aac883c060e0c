"""Settings: typed, complete, and wrong ones named in a sentence."""

import stat
from pathlib import Path

import pytest

from backend.core.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CTI_DATABASE_URL", "CTI_SECRET_KEY", "CTI_WEBHOOK_SECRETS", "CTI_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_the_local_profile_needs_no_setting_at_all() -> None:
    settings = load_settings()

    assert settings.local
    assert len(settings.secret_key) >= 32
    assert len(settings.webhook_secrets) == 1


def test_generated_secrets_survive_a_restart_and_are_for_their_owner_only(tmp_path: Path) -> None:
    first, second = load_settings(), load_settings()

    assert first.secret_key == second.secret_key
    assert first.webhook_secrets == second.webhook_secrets
    kept = tmp_path / ".cti" / "secrets" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CTI_PORT", "http", "CTI_PORT"),
        ("CTI_PORT", "70000", "CTI_PORT"),
        ("CTI_QUALITY_TABLE", "no/such.json", "there is no file no/such.json"),
        ("CTI_DATABASE_URL", "mysql://x", "must start with postgresql://"),
        ("CTI_REDIS_URL", "localhost:6379", "CTI_REDIS_URL"),
        ("CTI_STORAGE_URL", "/var/objects", "must start with file:// or s3://"),
        ("CTI_SMTP_URL", "mail.example.org", "CTI_SMTP_URL"),
        ("CTI_MAP_TILES_URL", "https://tiles.example.org/", "{z}/{x}/{y}"),
        ("CTI_MAP_TILES_URL", "https://{s}.example.org/{z}/{x}/{y}.png", "of one host"),
        ("CTI_MAP_TILES_URL", "javascript:alert({z}{x}{y})", "of one host"),
        ("CTI_PUBLIC_URL", "cti.example.org", "must be an origin"),
        ("CTI_SECRET_KEY", "short", "at least 32 characters"),
        ("CTI_LOG_LEVEL", "LOUD", "CTI_LOG_LEVEL"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as raised:
        load_settings()

    sentence = str(raised.value)
    assert name in sentence
    assert says in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_leaving_the_local_profile_asks_for_a_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTI_DATABASE_URL", "postgresql://cti@db/cti")

    with pytest.raises(SettingsError, match="CTI_SECRET_KEY must be set"):
        load_settings()


def test_several_webhook_secrets_stand_beside_each_other_during_a_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTI_WEBHOOK_SECRETS", "old, new ,")

    assert load_settings().webhook_secrets == ["old", "new"]


def test_a_table_of_grades_is_found_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text("{}")
    monkeypatch.setenv("CTI_QUALITY_TABLE", "own.json")
    assert load_settings().quality_table == str(tmp_path / "own.json")
