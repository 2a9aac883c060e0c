"""Mail over real SMTP: what arrives, what is tried again, who is told when nothing helps."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from backend.core import mail
from backend.core.actor import Actor
from backend.core.clock import utc_now
from backend.core.mail import Letter, Server, compose, server_of
from backend.core.runtime import Runtime
from backend.core.settings import Settings
from tests.support.postbox import Postbox, authenticate, body, serving

LETTER = Letter(
    "Mary Goodfield <mary@hillside.example>",
    "Set a new password for CTI",
    "reset",
    {"name": "Mary <b>", "link": "http://localhost:3000/reset?token=a_b-c&x=1"},
)


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def smtp_url(postbox: Postbox, unused_tcp_port_factory: Callable[[], int]) -> Iterator[str]:
    port = unused_tcp_port_factory()
    with serving(postbox, port):
        yield f"smtp://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A server's TLS for 127.0.0.1, and the certificate to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, str(folder / "cert.pem")


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "PAUSES_S", (0.0, 0.0))


@pytest.fixture
def mailing(runtime: Runtime, smtp_url: str) -> Runtime:
    runtime.settings = runtime.settings.model_copy(
        update={"smtp_url": smtp_url, "mail_from": "CTI Hillside <cti@hillside.example>"}
    )
    return runtime


async def post(runtime: Runtime, letter: Letter = LETTER, *, spoil: bool = False) -> list[str]:
    """Queue a letter in a unit of work and wait until it is sent or given up; returns who was told of a failure."""
    told: list[str] = []

    async def failed() -> None:
        told.append(letter.to)

    async with runtime.database.unit_of_work(Actor.system()) as uow:
        mail.send_after_commit(uow, letter, failed=failed)
        if spoil:
            raise asyncio.CancelledError
    await mail.settle()
    return told


async def test_a_letter_arrives_as_text_and_html(mailing: Runtime, postbox: Postbox) -> None:
    assert await post(mailing) == []
    (letter,) = postbox.letters
    assert (letter["to"], letter["from"]) == (
        "Mary Goodfield <mary@hillside.example>",
        "CTI Hillside <cti@hillside.example>",
    )
    assert (letter["subject"], letter["auto-submitted"]) == ("Set a new password for CTI", "auto-generated")
    assert letter["message-id"].endswith("@localhost>")
    assert LETTER.values["link"] in body(letter, "plain").splitlines()
    html = body(letter, "html")
    assert '<a href="http://localhost:3000/reset?token=a_b-c&amp;x=1">' in html
    assert "Mary &lt;b&gt;" in html


async def test_nothing_is_sent_when_the_change_is_not_committed(mailing: Runtime, postbox: Postbox) -> None:
    with pytest.raises(asyncio.CancelledError):
        await post(mailing, spoil=True)
    await mail.settle()
    assert postbox.letters == []


async def test_a_passing_refusal_is_tried_again(mailing: Runtime, postbox: Postbox) -> None:
    postbox.refusals = ["451 come back later", "421 still busy"]
    assert await post(mailing) == []
    assert len(postbox.letters) == 1


async def test_a_letter_refused_for_good_is_logged_with_what_to_do(mailing: Runtime, postbox: Postbox) -> None:
    postbox.refusals = ["554 never", "250 unreached"]
    with capture_logs() as logs:
        assert await post(mailing) == [LETTER.to]
    (line,) = [line for line in logs if line["event"] == "mail_not_sent"]
    assert "CTI_SMTP_URL" in line["what_to_do"]
    assert "token" not in str(line)
    assert postbox.refusals == ["250 unreached"]


async def test_a_server_out_of_reach_is_tried_three_times(mailing: Runtime, unused_tcp_port: int) -> None:
    mailing.settings = mailing.settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{unused_tcp_port}"})
    with capture_logs() as logs:
        assert await post(mailing) == [LETTER.to]
    assert [line["event"] for line in logs] == ["mail_not_sent"]


@pytest.mark.parametrize(
    "to",
    [
        "mary@hillside.example\r\nBcc: all@evil.example",
        "mary@hillside.example\nX: y",
        "nobody",
        "",
        "a@b.example, c@d.example\r\n",
    ],
)
async def test_an_address_cannot_add_headers(mailing: Runtime, postbox: Postbox, to: str) -> None:
    assert await post(mailing, Letter(to, "Hello", "reset", LETTER.values)) == [to]
    assert postbox.letters == []


def test_a_subject_cannot_add_headers(settings: Settings) -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline|header"):
        compose(Letter(LETTER.to, "Hello\r\nBcc: all@evil.example", "reset", LETTER.values), settings)


async def test_signs_in_once_the_connection_is_encrypted(
    runtime: Runtime,
    postbox: Postbox,
    tls: tuple[ssl.SSLContext, str],
    unused_tcp_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context, certificate = tls
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    with serving(postbox, unused_tcp_port, tls_context=context, authenticator=authenticate, auth_required=True):
        for password, arrived in (("wrong", 0), ("p%40ss%2Fword", 1)):
            url = f"smtp://cti%40farm:{password}@127.0.0.1:{unused_tcp_port}"
            runtime.settings = runtime.settings.model_copy(update={"smtp_url": url})
            await post(runtime)
            assert len(postbox.letters) == arrived


async def test_smtps_is_encrypted_from_the_start(
    runtime: Runtime,
    postbox: Postbox,
    tls: tuple[ssl.SSLContext, str],
    unused_tcp_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context, certificate = tls
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    url = f"smtps://127.0.0.1:{unused_tcp_port}"
    runtime.settings = runtime.settings.model_copy(update={"smtp_url": url})
    with serving(postbox, unused_tcp_port, ssl_context=context):
        assert await post(runtime) == []
    assert len(postbox.letters) == 1


async def test_a_certificate_nobody_vouches_for_is_not_trusted(
    runtime: Runtime, postbox: Postbox, tls: tuple[ssl.SSLContext, str], unused_tcp_port: int
) -> None:
    with serving(postbox, unused_tcp_port, ssl_context=tls[0]):
        url = f"smtps://127.0.0.1:{unused_tcp_port}"
        runtime.settings = runtime.settings.model_copy(update={"smtp_url": url})
        assert await post(runtime) == [LETTER.to]
    assert postbox.letters == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 587, implicit_tls=False, username=None, password=None)),
        ("smtps://mail.example", Server("mail.example", 465, implicit_tls=True, username=None, password=None)),
        (
            "smtp://u%40x:p%3Aw@mail.example:2525",  # pragma: allowlist secret
            Server("mail.example", 2525, implicit_tls=False, username="u@x", password="p:w"),
        ),
    ],
)
def test_reads_the_setting(url: str, server: Server) -> None:
    assert server_of(url) == server
