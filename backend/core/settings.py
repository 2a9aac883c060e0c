"""Every setting of the product: a `CTI_*` variable, read once, typed, checked at the start.

With no `CTI_DATABASE_URL`, `CTI_REDIS_URL` or `CTI_STORAGE_URL` the local profile applies: private services and a
folder store under `CTI_DATA_DIR`, and secrets generated there on first use.
"""

import secrets
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIN_SECRET_CHARS = 32


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable and says what it should be."""


class Settings(BaseSettings):
    """Typed settings. Construct through `get_settings()` outside tests."""

    model_config = SettingsConfigDict(env_prefix="CTI_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(Path(".cti"), description="Everything the local profile keeps: services, objects, secrets")
    public_url: str = Field(
        "http://localhost:3000", description="Address people and devices use, without a final slash"
    )
    host: str = Field("127.0.0.1", description="Interface the web process listens on")
    port: int = Field(3000, ge=1, le=65535, description="Port the web process listens on")
    web_workers: int = Field(1, ge=1, le=64, description="Web processes")
    worker_threads: int = Field(2, ge=1, le=64, description="Jobs one worker process runs at a time")

    secret_key: str = Field("", description="Signs access tokens and links; at least 32 characters")
    webhook_secrets: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Secrets of the ingest webhook, comma-separated; each is accepted"
    )
    database_url: str = Field("", description="postgresql://… of the application's role; empty for the private cluster")
    database_owner_url: str = Field("", description="postgresql://… of the role that runs migrations")
    redis_url: str = Field("", description="redis://… or unix://…; empty for the private server")
    storage_url: str = Field(
        "", description="file:///folder or s3://bucket?endpoint=…&region=…; empty for a local folder"
    )
    smtp_url: str = Field("", description="smtp[s]://user:password@host:port; empty: links go to the log and the admin")
    mail_from: str = Field("CTI <no-reply@localhost>", description="Sender of mails")
    demo_password: str = Field("", description="Password of the demo users; generated when empty")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged")
    metrics_token: str = Field("", description="Bearer token /metrics asks for; empty: loopback callers only")
    signed_url_ttl_s: int = Field(900, ge=30, le=86_400, description="Life of a signed image URL, in seconds")
    map_tiles_url: str = Field(
        "", description="Base layer of maps, https://host/{z}/{x}/{y}.png; empty: boundaries on a plain grid"
    )
    map_attribution: str = Field("", description="Whom the base layer asks to be named, plain text")
    trusted_proxies: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Addresses whose X-Forwarded-For and -Proto are believed, comma-separated"
    )
    lease_s: int = Field(120, ge=5, le=3600, description="How long a worker may hold a scan before another takes it")
    max_attempts: int = Field(5, ge=1, le=50, description="Tries before a scan is marked as failed for good")

    quality_table: str = Field("", description="JSON file of indicative grades; empty for the shipped one")

    @field_validator("webhook_secrets", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("quality_table")
    @classmethod
    def _file(cls, value: str) -> str:
        if value and not Path(value).is_file():
            raise ValueError(f"there is no file {value}")
        return str(Path(value).absolute()) if value else ""

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.rstrip("/"):
            raise ValueError("must be an origin such as https://cti.example.org, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def _postgres(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("storage_url")
    @classmethod
    def _storage(cls, value: str) -> str:
        if value and not value.startswith(("file://", "s3://")):
            raise ValueError("must start with file:// or s3://")
        return value

    @field_validator("map_tiles_url")
    @classmethod
    def _tiles(cls, value: str) -> str:
        whole = all(part in value for part in ("{z}", "{x}", "{y}"))
        if value and not (whole and origin_of(value) and "{" not in origin_of(value)):
            raise ValueError("must be an address of one host such as https://tiles.example.org/{z}/{x}/{y}.png")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: str) -> str:
        if value and not value.startswith(("smtp://", "smtps://")):
            raise ValueError("must start with smtp:// or smtps://")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < MIN_SECRET_CHARS:
            raise ValueError(f"must have at least {MIN_SECRET_CHARS} characters")
        return value

    @model_validator(mode="after")
    def _secrets_off_the_local_profile(self) -> Self:
        if self.database_url and not self.secret_key:
            raise ValueError("CTI_SECRET_KEY must be set when CTI_DATABASE_URL is")
        return self

    @property
    def local(self) -> bool:
        """True on the local profile, where this product runs its own database server."""
        return not self.database_url

    @property
    def map_tiles_origin(self) -> str:
        """The one host tiles come from; empty without a base layer."""
        return origin_of(self.map_tiles_url)

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


def origin_of(url: str) -> str:
    """Scheme and host of a web address; empty for what is none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else ""


def _sentence(error: ValidationError) -> str:
    """Say the first wrong setting in one sentence that names its variable."""
    first = error.errors()[0]
    name = "CTI_" + str(first["loc"][0]).upper() if first["loc"] else ""
    message = first["msg"].removeprefix("Value error, ")
    return f"{name}: {message}." if name else f"{message}."


def load_settings(**overrides: object) -> Settings:
    """Read the environment; raises SettingsError with a sentence for the first thing that is wrong."""
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from error
    return with_local_secrets(settings)


def with_local_secrets(settings: Settings) -> Settings:
    """Fill secrets the local profile may make itself, kept in the data directory so that they survive a restart."""
    updates: dict[str, object] = {"data_dir": settings.data_dir.absolute()}
    if not settings.secret_key:
        updates["secret_key"] = _kept_secret(settings.data_dir, "secret_key")
    if not settings.webhook_secrets:
        updates["webhook_secrets"] = [_kept_secret(settings.data_dir, "webhook_secret")]
    return settings.model_copy(update=updates)


def _kept_secret(data_dir: Path, name: str) -> str:
    """Return the secret stored under `data_dir/secrets/name`, made with mode 0600 on first use.

    Written beside and linked into place, so that processes starting together agree on one value.
    """
    folder = data_dir / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        draft = folder / f".{name}.{secrets.token_hex(6)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was first: its value is the one
        finally:
            draft.unlink()
    return path.read_text().strip()


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process."""
    return load_settings()
