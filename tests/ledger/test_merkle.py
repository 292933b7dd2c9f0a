"""The tree over leaves: as RFC 6962 has it, and every leaf with a path of its own."""

from hashlib import sha256

import pytest

from ledger import merkle


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_of(str(place).encode()) for place in range(count)]


def root_by_halves(nodes: list[bytes]) -> bytes:
    """Return the root as RFC 6962 defines it: split at the largest power of two below."""
    if len(nodes) == 1:
        return nodes[0]
    half = 1
    while half * 2 < len(nodes):
        half *= 2
    left, right = root_by_halves(nodes[:half]), root_by_halves(nodes[half:])
    return sha256(b"\x01" + left + right).digest()


def test_a_leaf_and_a_node_are_hashed_in_domains_of_their_own() -> None:
    assert merkle.leaf_of(b"row") == sha256(b"\x00row").digest()
    first, second = leaves(2)
    assert merkle.root_of([first, second]) == sha256(b"\x01" + first + second).digest()
    assert merkle.root_of([first]) == first


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 1_000])
def test_the_root_is_the_one_of_the_rfc(count: int) -> None:
    assert merkle.root_of(leaves(count)) == root_by_halves(leaves(count))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_every_path_leads_to_the_root_and_no_other_leaf_takes_it(count: int) -> None:
    nodes = leaves(count)

    for place, leaf in enumerate(nodes):
        path = merkle.path_of(nodes, place)

        assert merkle.root_by_path(leaf, path) == merkle.root_of(nodes)
        assert merkle.root_by_path(merkle.leaf_of(b"other"), path) != merkle.root_of(nodes)


def test_there_is_no_path_of_a_leaf_that_is_not_there() -> None:
    for place in (-1, 3):
        with pytest.raises(IndexError):
            merkle.path_of(leaves(3), place)


def test_a_tree_without_leaves_has_no_root() -> None:
    with pytest.raises(ValueError, match="one leaf at least"):
        merkle.root_of([])


def test_swapping_two_leaves_makes_another_root() -> None:
    nodes = leaves(4)

    assert merkle.root_of([nodes[1], nodes[0], *nodes[2:]]) != merkle.root_of(nodes)


def test_a_torn_pack_keeps_its_torn_end() -> None:
    assert merkle.split(b"a" * 32 + b"b" * 5) == [b"a" * 32, b"b" * 5]
