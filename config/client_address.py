"""Who is calling: the client's address behind the proxies that we trust."""

import ipaddress
import re
from collections.abc import Iterable, Sequence

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

HOPS_MAX = 20
_BRACKETED = re.compile(r"\[(?P<address>[^\]]+)\](?::\d{1,5})?")
_WITH_PORT = re.compile(r"(?P<address>\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")


def client_address(peer: str, *, forwarded_for: Iterable[str], trusted: Sequence[IPNetwork]) -> str:
    """Return the address of the client, or "" when the peer has none (a unix socket).

    `forwarded_for` holds the lines of X-Forwarded-For in their order. They count only when the
    peer is trusted. Walking from the right, trusted hops are skipped and the first other one is
    the client; a hop that is no address, or the 21st, stops the walk at the last good one.
    """
    last_good = parse_hop(peer)
    if last_good is None:
        return ""
    if not _is_trusted(last_good, trusted):
        return str(last_good)

    hops = [hop for line in forwarded_for for hop in line.split(",")]
    for hop in reversed(hops[-HOPS_MAX:]):
        address = parse_hop(hop)
        if address is None:
            break
        last_good = address
        if not _is_trusted(address, trusted):
            break
    return str(last_good)


def parse_hop(hop: str) -> IPAddress | None:
    """Return the address that a hop names, without brackets, port and `::ffff:`; None if none."""
    hop = hop.strip()
    for pattern in (_BRACKETED, _WITH_PORT):
        if match := pattern.fullmatch(hop):
            hop = match["address"]
    try:
        address = ipaddress.ip_address(hop)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None  # fe80::1%eth0 means something on one machine only
        return address.ipv4_mapped or address
    return address


def _is_trusted(address: IPAddress, trusted: Sequence[IPNetwork]) -> bool:
    return any(address in network for network in trusted)
