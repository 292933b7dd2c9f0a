"""Who the client is, behind proxies that tell the truth and callers who do not."""

import ipaddress

import pytest

from config.client_address import HOPS_MAX, client_address, parse_hop

TRUSTED = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("2001:db8:1::/48")]
CLIENT = "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "lines", "expected"),
    [
        # nobody in between
        (CLIENT, [], CLIENT),
        (CLIENT, [""], CLIENT),
        # a caller who is no proxy of ours cannot lend himself an address
        (CLIENT, ["198.51.100.1"], CLIENT),
        (CLIENT, ["10.0.0.1"], CLIENT),
        # one proxy, two proxies, the same in two lines
        ("10.0.0.1", [CLIENT], CLIENT),
        ("10.0.0.1", [f"{CLIENT}, 10.0.0.2"], CLIENT),
        ("10.0.0.1", [CLIENT, "10.0.0.2"], CLIENT),
        # what the client forged stands left of what the first proxy saw
        ("10.0.0.1", [f"198.51.100.1, {CLIENT}"], CLIENT),
        ("10.0.0.1", [f"10.0.0.9, {CLIENT}, 10.0.0.2"], CLIENT),
        # nothing but proxies: the outermost one asked for itself
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        # what cannot be read ends the walk at the last good hop
        ("10.0.0.1", [f"{CLIENT}, unknown"], "10.0.0.1"),
        ("10.0.0.1", [f"{CLIENT}, unknown, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [f"{CLIENT},, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [f"{CLIENT}, 10.0.0.256"], "10.0.0.1"),
        # ports, brackets, version 6, and version 4 in its clothes
        ("10.0.0.1", [f"{CLIENT}:4711"], CLIENT),
        ("10.0.0.1", ["[2001:db8:2::7]:4711"], "2001:db8:2::7"),
        ("10.0.0.1", ["[2001:db8:2::7]"], "2001:db8:2::7"),
        ("10.0.0.1", [f"::ffff:{CLIENT}"], CLIENT),
        ("::ffff:10.0.0.1", [CLIENT], CLIENT),
        ("2001:db8:1::1", [CLIENT], CLIENT),
        ("2001:db8:2::1", [CLIENT], "2001:db8:2::1"),
        (f"::ffff:{CLIENT}", ["198.51.100.1"], CLIENT),
        # a unix socket has no peer address, and so believes nobody
        ("", [CLIENT], ""),
        ("unix:", [CLIENT], ""),
    ],
)
def test_finds_the_client(peer, lines, expected):
    assert client_address(peer, forwarded_for=lines, trusted=TRUSTED) == expected


def test_without_trusted_proxies_the_peer_is_the_client():
    assert client_address("10.0.0.1", forwarded_for=[CLIENT], trusted=[]) == "10.0.0.1"


def test_walks_twenty_hops_and_not_one_more():
    # Given
    hops = [f"10.1.0.{number}" for number in range(1, HOPS_MAX + 1)]

    # When
    within = client_address(
        "10.0.0.1", forwarded_for=[", ".join([CLIENT, *hops[1:]])], trusted=TRUSTED
    )
    beyond = client_address("10.0.0.1", forwarded_for=[", ".join([CLIENT, *hops])], trusted=TRUSTED)

    # Then
    assert within == CLIENT
    assert beyond == "10.1.0.1"


@pytest.mark.parametrize(
    "hop",
    ["", " ", "localhost", "1.2.3", "1.2.3.4:", "1.2.3.4:x", "fe80::1%eth0", "_hidden", "[::1"],
)
def test_reads_no_address_where_there_is_none(hop):
    assert parse_hop(hop) is None


def test_a_long_header_of_commas_is_read_quickly_and_believed_in_nothing():
    assert client_address("10.0.0.1", forwarded_for=["," * 100_000], trusted=TRUSTED) == "10.0.0.1"
