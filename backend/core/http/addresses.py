"""Where a request comes from, behind reverse proxies that are trusted and those that are not."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

Network = IPv4Network | IPv6Network
IPV6_SITE_BITS = 64


def client_ip(connection: HTTPConnection, trusted_proxies: list[str]) -> str:
    """The caller's address: the peer's, or the last one in X-Forwarded-For that no trusted proxy holds.

    An address nobody trusted has vouched for is never taken from a header. Empty when there is no peer (a unix socket).
    """
    peer = connection.client.host if connection.client else ""
    trusted = _networks(tuple(trusted_proxies))
    if not _is_in(peer, trusted):
        return peer
    return _last_untrusted(connection.headers.getlist("x-forwarded-for"), trusted) or peer


def network_of(ip: str) -> str:
    """What a rate limit counts by: an IPv4 address, or the /64 an IPv6 caller may roam in."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, IPV6_SITE_BITS), strict=False))


@lru_cache(maxsize=8)
def _networks(listed: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(entry, strict=False) for entry in listed)


def _is_in(ip: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def _last_untrusted(headers: list[str], trusted: tuple[Network, ...]) -> str:
    """Walk the hops from the nearest one outwards; a hop that is no address ends the walk."""
    found = ""
    for hop in reversed(",".join(headers).split(",")):
        candidate = hop.strip()
        try:
            found = str(ip_address(candidate))
        except ValueError:
            return found
        if not _is_in(found, trusted):
            return found
    return found
