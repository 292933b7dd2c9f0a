"""How what was there before these books began reads in them: E19.

Pure functions; amounts are minor units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, Leg
from payments.postings.owners import LEGAL_ENTITY
from settlements.postings.channels import signed


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """What stood on one account of an owner: a side, D or C, and an amount above zero."""

    code: str
    side: str
    amount_minor: int


def source_of(owner_id: str, *, currency: str) -> str:
    """Name the entry that opened an owner's accounts of one currency: there is one for ever."""
    return f"opening:{owner_id}:{currency}"


def opened(
    owner_id: str,
    balances: Sequence[OpeningBalance],
    *,
    opening_id: str,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Open an owner's accounts of one currency against 3101: E19.

    Dr 1001 what the bank held            Cr 3101 the same
    Dr 3101 what we owed the merchant     Cr 2002 the same

    3101 takes the difference of debits and credits; it is the legal entity's. What stood at the
    bank and what was owed meet there: after the last owner it holds what was the platform's own.
    """
    legs = [Leg(one.side, one.code, owner_id, one.amount_minor, currency) for one in balances]
    difference_minor = sum(
        one.amount_minor if one.side == "D" else -one.amount_minor for one in balances
    )
    if difference_minor:
        legs.append(signed(chart.OPENING_BALANCES, LEGAL_ENTITY, -difference_minor, currency))
    return Entry(
        source=source_of(owner_id, currency=currency),
        kind="opening",
        subject=opening_id,
        legs=tuple(legs),
        effective_date=effective_date,
        at=at,
    )
