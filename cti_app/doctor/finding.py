"""One finding of the doctor."""

from dataclasses import dataclass
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do about it when it is not well."""

    check: str
    status: Literal["ok", "warning", "wrong", "skipped"]
    detail: str
    remedy: str = ""

    @property
    def wrong(self) -> bool:
        return self.status == "wrong"

    @classmethod
    def good(cls, check: str, detail: str) -> Self:
        return cls(check, "ok", detail)

    @classmethod
    def bad(cls, check: str, detail: str, remedy: str) -> Self:
        return cls(check, "wrong", detail, remedy)

    @classmethod
    def doubtful(cls, check: str, detail: str, remedy: str) -> Self:
        return cls(check, "warning", detail, remedy)

    @classmethod
    def skipped(cls, check: str, why: str) -> Self:
        return cls(check, "skipped", why)
