"""Where a request comes from, whatever its headers claim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from backend.core.http import client_ip, network_of

PROXIES = ["127.0.0.1", "10.0.0.0/8", "::1"]


def connection(peer: str | None, *forwarded: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return HTTPConnection({"type": "http", "headers": headers, "client": (peer, 1) if peer else None})


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1", "198.51.100.1, 10.2.3.4"], "198.51.100.1"),
        ("127.0.0.1", ["10.9.9.9, 10.2.3.4"], "10.9.9.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["<script>"], "127.0.0.1"),
        ("127.0.0.1", ["1.1.1.1, nonsense, 10.2.3.4"], "10.2.3.4"),
        ("::1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        (None, ["198.51.100.1"], ""),
        ("testclient", ["198.51.100.1"], "testclient"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str | None, forwarded: list[str], expected: str) -> None:
    assert client_ip(connection(peer, *forwarded), PROXIES) == expected


@given(st.ip_addresses(), st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60))
def test_a_stranger_cannot_choose_an_address(peer: object, header: str) -> None:
    assert client_ip(connection(str(peer), header), ["192.0.2.1"]) == str(peer) or str(peer) == "192.0.2.1"


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_limit_counts_the_network_one_caller_holds(ip: str, network: str) -> None:
    assert network_of(ip) == network
