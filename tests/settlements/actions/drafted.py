"""What the tests of drafts and their neighbours share."""

from settlements.actions.settlements import draft_settlements
from tests.factories.settlements import (
    MAKER,
)
from tests.instants import FRIDAY, NEXT_NOON


def run(**other):
    return draft_settlements(
        **{"currency": "CNY", "business_date": FRIDAY, "actor": MAKER, "at": NEXT_NOON, **other}
    )
