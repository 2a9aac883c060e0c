import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.signature import SignatureMissing, SignatureRefused, sign, verify

NOW = 1_760_029_112
BODY = b'{"bucket":"cti-local"}'
SECRET, OLDER = "first-webhook-secret", "second-webhook-secret"
SECRETS = [SECRET, OLDER]


def ours(signature: str | None = None, timestamp: str = str(NOW)) -> list[tuple[bytes, bytes]]:
    value = sign(SECRET, NOW, BODY) if signature is None else signature
    return [(b"x-cti-timestamp", timestamp.encode()), (b"x-cti-signature", value.encode("latin-1"))]


def standard(key: bytes = SECRET.encode(), *, body: bytes = BODY, version: str = "v1") -> list[tuple[bytes, bytes]]:
    digest = hmac.digest(key, f"msg_1.{NOW}.".encode() + body, "sha256")
    value = f"{version},{base64.b64encode(digest).decode()}".encode()
    return [(b"webhook-id", b"msg_1"), (b"webhook-timestamp", str(NOW).encode()), (b"webhook-signature", value)]


def test_the_signature_is_hmac_sha256_of_timestamp_dot_body() -> None:
    expected = hmac.new(SECRET.encode(), str(NOW).encode() + b"." + BODY, hashlib.sha256).hexdigest()
    assert sign(SECRET, NOW, BODY) == f"sha256={expected}"


def test_a_valid_signature_is_accepted() -> None:
    verify(ours(), BODY, SECRETS, NOW)


def test_header_names_are_read_in_any_case() -> None:
    verify([(name.upper(), value) for name, value in ours()], BODY, SECRETS, NOW)


def test_hex_digits_may_be_upper_case() -> None:
    digest = sign(SECRET, NOW, BODY).removeprefix("sha256=")
    verify(ours(f"sha256={digest.upper()}"), BODY, SECRETS, NOW)


@pytest.mark.parametrize("secret", SECRETS)
def test_every_current_secret_is_accepted(secret: str) -> None:
    verify(ours(sign(secret, NOW, BODY)), BODY, SECRETS, NOW)


def test_one_valid_signature_among_several_is_enough() -> None:
    wrong = "sha256=" + "0" * 64
    verify(ours(f"{wrong}, {sign(SECRET, NOW, BODY)},v2=abc"), BODY, SECRETS, NOW)


@pytest.mark.parametrize("away_s", [-300, 0, 300])
def test_the_window_is_five_minutes_either_way(away_s: int) -> None:
    verify(ours(), BODY, SECRETS, NOW + away_s)


@pytest.mark.parametrize(("now_s", "words"), [(NOW + 301, "behind"), (NOW - 301, "ahead of")])
def test_a_stale_or_future_timestamp_is_refused(now_s: int, words: str) -> None:
    with pytest.raises(SignatureRefused, match=words):
        verify(ours(), BODY, SECRETS, now_s)


@given(st.binary(), st.integers(min_value=0, max_value=300))
def test_a_body_other_than_the_signed_one_is_refused(body: bytes, away_s: int) -> None:
    if body != BODY:
        with pytest.raises(SignatureRefused):
            verify(ours(), body, SECRETS, NOW + away_s)


@pytest.mark.parametrize(
    "signature",
    [
        sign("another-secret", NOW, BODY),
        sign(SECRET, NOW + 1, BODY),
        sign(SECRET, NOW, BODY)[:-1],
        sign(SECRET, NOW, BODY).replace("sha256=", "sha512="),
        sign(SECRET, NOW, BODY).removeprefix("sha256="),
        "sha256=",
        "sha256=" + "zz" * 32,
        "sha256=" + "é" * 64,
        ",,,",
    ],
)
def test_a_wrong_or_malformed_signature_is_refused(signature: str) -> None:
    with pytest.raises(SignatureRefused):
        verify(ours(signature), BODY, SECRETS, NOW)


@pytest.mark.parametrize("timestamp", ["abc", "-1760029112", "1760029112.0", "1_760_029_112", "9" * 13, "+1", "0x1"])
def test_a_malformed_timestamp_is_refused(timestamp: str) -> None:
    with pytest.raises(SignatureRefused, match="digits only"):
        verify(ours(timestamp=timestamp), BODY, SECRETS, NOW)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_missing_header_is_named(missing: int) -> None:
    headers = ours()
    name = headers.pop(missing)[0].decode()
    with pytest.raises(SignatureMissing, match=name):
        verify(headers, BODY, SECRETS, NOW)


def test_a_request_without_any_signature_is_told_so() -> None:
    with pytest.raises(SignatureMissing):
        verify([(b"content-type", b"application/json")], BODY, SECRETS, NOW)


def test_an_empty_header_counts_as_missing() -> None:
    with pytest.raises(SignatureMissing):
        verify(ours(" "), BODY, SECRETS, NOW)


@pytest.mark.parametrize("doubled", [0, 1])
def test_a_doubled_header_is_refused_even_if_both_are_valid(doubled: int) -> None:
    headers = ours()
    with pytest.raises(SignatureRefused, match="sent twice"):
        verify([*headers, headers[doubled]], BODY, SECRETS, NOW)


def test_a_body_that_is_no_text_is_verified_as_bytes() -> None:
    body = b"\xff\xfe\x00"
    verify(ours(sign(SECRET, NOW, body)), body, SECRETS, NOW)


def test_without_any_secret_nothing_is_accepted() -> None:
    with pytest.raises(SignatureRefused):
        verify(ours(), BODY, [], NOW)


def test_standard_webhooks_headers_are_accepted() -> None:
    verify(standard(), BODY, SECRETS, NOW)


def test_a_standard_webhooks_secret_is_the_key_it_holds_in_base64() -> None:
    key = b"twenty-four-bytes-of-key"
    secret = "whsec_" + base64.b64encode(key).decode()
    verify(standard(key), BODY, [SECRET, secret], NOW)


def test_a_secret_that_only_looks_like_base64_is_used_as_it_is() -> None:
    secret = "whsec_not base64!"
    verify(ours(sign(secret, NOW, BODY)), BODY, [secret], NOW)


def test_one_valid_standard_signature_among_several_is_enough() -> None:
    headers = standard()
    several = b"v1a,zzzz v1,!!! v1," + base64.b64encode(b"0" * 32) + b" " + headers[2][1]
    verify([*headers[:2], (headers[2][0], several)], BODY, SECRETS, NOW)


@pytest.mark.parametrize("headers", [standard(b"wrong"), standard(body=b"other"), standard(version="v2")])
def test_wrong_standard_signatures_are_refused(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(SignatureRefused):
        verify(headers, BODY, SECRETS, NOW)


def test_the_standard_id_is_part_of_what_is_signed() -> None:
    headers = standard()
    with pytest.raises(SignatureRefused):
        verify([(b"webhook-id", b"msg_2"), *headers[1:]], BODY, SECRETS, NOW)


def test_a_standard_request_without_its_id_is_told_so() -> None:
    with pytest.raises(SignatureMissing, match="webhook-id"):
        verify(standard()[1:], BODY, SECRETS, NOW)
