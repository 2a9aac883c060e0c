"""The example file lists every setting, and a wrong setting is named in one sentence."""

from pathlib import Path

import pytest

from backend.core.settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / ".env.example"


def assignments() -> dict[str, str]:
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_the_example_lists_every_setting_and_no_other() -> None:
    assert set(assignments()) == {f"CTI_{name.upper()}" for name in Settings.model_fields}


def test_the_example_holds_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in assignments():
        monkeypatch.delenv(name, raising=False)
    assert Settings(_env_file=EXAMPLE) == Settings(_env_file=None)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("CTI_PORT", "http", "integer"),
        ("CTI_PORT", "70000", "65535"),
        ("CTI_PUBLIC_URL", "cti.example.org", "must be an origin"),
        ("CTI_PUBLIC_URL", "https://cti.example.org/app", "without a path"),
        ("CTI_DATABASE_URL", "mysql://db/cti", "postgresql://"),
        ("CTI_DATABASE_OWNER_URL", "db", "postgresql://"),
        ("CTI_REDIS_URL", "localhost:6379", "redis://"),
        ("CTI_STORAGE_URL", "/srv/objects", "file://"),
        ("CTI_SMTP_URL", "mail.example.org", "smtp://"),
        ("CTI_SECRET_KEY", "short", "at least 32 characters"),
        ("CTI_LOG_LEVEL", "LOUD", "'WARNING'"),
        ("CTI_SIGNED_URL_TTL_S", "0", "30"),
        ("CTI_LEASE_S", "ten", "integer"),
        ("CTI_MAX_ATTEMPTS", "0", "1"),
        ("CTI_WEB_WORKERS", "0", "1"),
        ("CTI_WORKER_THREADS", "many", "integer"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence_that_names_it(
    name: str, value: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert sentence.startswith(f"{name}: ")
    assert hint in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_database_elsewhere_needs_a_secret_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CTI_SECRET_KEY", raising=False)
    monkeypatch.setenv("CTI_DATABASE_URL", "postgresql://db/cti")
    with pytest.raises(SettingsError, match="CTI_SECRET_KEY must be set"):
        load_settings()
