"""The tree over the leaves of a block: its root, and the path that proves one leaf.

As in RFC 6962: leaves and nodes are hashed in domains of their own, so that no node can be passed
off as a leaf, and a node without a neighbour goes up as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

LEAF_DOMAIN = b"\x00"
NODE_DOMAIN = b"\x01"
DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class Step:
    """One step from a leaf to the root: the neighbour, and whether it stands on the left."""

    neighbour: bytes
    is_left: bool


def leaf_of(content: bytes) -> bytes:
    """Return the leaf of what a row says."""
    return sha256(LEAF_DOMAIN + content).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves in order.

    Raises ValueError if there are none.
    """
    if not leaves:
        raise ValueError("a tree has one leaf at least")
    level = list(leaves)
    while len(level) > 1:
        level = _level_above(level)
    return level[0]


def path_of(leaves: Sequence[bytes], place: int) -> list[Step]:
    """Return the steps that lead from the leaf at `place` (0, 1, 2 …) to the root.

    Raises IndexError if there is no such leaf.
    """
    if not 0 <= place < len(leaves):
        raise IndexError(place)
    steps: list[Step] = []
    level = list(leaves)
    while len(level) > 1:
        neighbour = place ^ 1
        if neighbour < len(level):
            steps.append(Step(level[neighbour], is_left=neighbour < place))
        level, place = _level_above(level), place // 2
    return steps


def root_by_path(leaf: bytes, steps: Sequence[Step]) -> bytes:
    """Return the root to which a path leads from a leaf."""
    digest = leaf
    for step in steps:
        digest = _node(step.neighbour, digest) if step.is_left else _node(digest, step.neighbour)
    return digest


def split(packed: bytes) -> list[bytes]:
    """Return the digests that stand one after the other in `packed`; a torn last one is short."""
    return [packed[at : at + DIGEST_BYTES] for at in range(0, len(packed), DIGEST_BYTES)]


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    nodes = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return [*nodes, level[-1]] if len(level) % 2 else nodes


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(NODE_DOMAIN + left + right).digest()
