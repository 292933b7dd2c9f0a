"""What may be booked: places, amounts, and movements between them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from tests.properties.ledger_model import (
    NATURES,
)

OWNERS = ("a", "b")
amounts = st.integers(1, 100)
places = st.tuples(st.sampled_from(sorted(NATURES)), st.sampled_from(OWNERS))
floored = st.tuples(
    st.sampled_from([code for code, nature in NATURES.items() if nature[1]]),
    st.sampled_from(OWNERS),
)
movements = st.tuples(places, places, amounts)
"""Debit one place, credit another (or the same) with as much."""

picks = st.integers(0, 99)
"""One of what there is. What that is depends on who won a race, so it is no strategy's affair."""


def legs_of(moves: Sequence[tuple[tuple[str, str], tuple[str, str], int]]) -> tuple:
    """Return two legs for each movement."""
    return tuple(
        leg
        for debited, credited, amount in moves
        for leg in (("D", debited, amount), ("C", credited, amount))
    )


def taking(place: tuple[str, str], bank: tuple[str, str], amount: int) -> tuple:
    """Return the movement that lowers a floored account."""
    return (place, bank, amount) if NATURES[place[0]][0] == "C" else (bank, place, amount)


# --- the crowd ----------------------------------------------------------------------------------
