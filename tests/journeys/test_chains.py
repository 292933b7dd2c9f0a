"""Every chain of docs/recipes booked in PostgreSQL, with all laws on: it ends as its page says."""

import pytest
from django.db import connection, transaction

from docs import bookings
from docs.chains.cast import CURRENCY, MERCHANT, MONDAY, OTHER
from docs.chains.telling import MUST_CLEAR, Chain, closing
from ledger.actions import journal
from ledger.actions.journal import Entry
from ledger.chart import CHART
from ledger.models import AccountBalance
from ledger.queries.integrity import verify
from payments.actions.merchants import open_accounts
from payments.models import BalanceTransaction, LineKind, MerchantAccount
from tests.factories.payments import MerchantFactory
from tests.rig.tampering import without_triggers

pytestmark = pytest.mark.django_db(transaction=True)

BY_HAND = (
    ("ledger_journalentry", "payments_by_hand_agreed"),
    ("ledger_posting", "payments_moved_by_hand_only"),
)
"""What is booked by hand asks for two people, who are not in these chains: they have tests of
their own (tests/payments/test_laws_of_manual_entries.py)."""

SILENT = ("maturity", "settlement_hold", "settlement_release")
"""Kinds of entries that move a merchant's money and write no line."""

# An opening is booked by two people's approval only: tests/settlements/actions/test_openings.py.
CHAINS = [chain for chain in bookings.chains() if "E19" not in chain.numbers]


def lines_of(entry: Entry, entry_id: int) -> list[BalanceTransaction]:
    """Return what goes with an entry: a line of what it changed as pending and as available."""
    changes: dict[tuple[str, str], int] = {}
    for leg in entry.legs:
        if leg.code in ("2001", "2002", "1201"):
            key = (leg.owner_id, "pending" if leg.code == "2001" else "available")
            minor = leg.amount_minor if leg.side == "C" else -leg.amount_minor
            changes[key] = changes.get(key, 0) + minor
    accounts = {row.merchant_id: row for row in MerchantAccount.objects.all()}
    return [
        BalanceTransaction(
            merchant_id=owner_id,
            entry_id=entry_id,
            kind=LineKind.ADJUSTMENT,
            source=entry.source[:40],
            currency=CURRENCY,
            gross_minor=minor,
            fee_minor=0,
            net_minor=minor,
            effective_date=entry.effective_date,
            available_on=MONDAY if kind == "pending" else accounts[owner_id].matured_through_date,
            created_at=entry.at,
        )
        for (owner_id, kind), minor in changes.items()
        if minor and entry.kind not in SILENT
    ]


@transaction.atomic
def booked(entry: Entry) -> None:
    """Book one entry with its lines; money that is pending becomes available only at the end."""
    (entry_id,) = journal.post_entries([entry])
    BalanceTransaction.objects.bulk_create(lines_of(entry, entry_id))


def balances() -> dict[str, int]:
    """Return what stands on each code, over all owners, on its normal side."""
    sums: dict[str, int] = {}
    for row in AccountBalance.objects.select_related("account"):
        code = row.account.code
        sums[code] = sums.get(code, 0) + (row.balance_minor or 0)
    return dict(sorted(sums.items()))


@pytest.mark.parametrize("chain", CHAINS, ids=[f"{chain.page}:{chain.name}" for chain in CHAINS])
def test_a_chain_ends_in_the_books_as_its_page_says(chain: Chain):
    # Given
    for merchant_id in (MERCHANT, OTHER):
        MerchantFactory(id=merchant_id)
    with transaction.atomic():
        open_accounts([MERCHANT, OTHER], currency=CURRENCY, business_date=MONDAY)

    # When
    with without_triggers(*BY_HAND):
        for entry in chain.entries:
            booked(entry)

    # Then
    found = balances()
    assert {code: minor for code, minor in found.items() if minor} == {
        code: minor for code, minor in closing(chain.entries).items() if minor
    }
    assert [found.get(code, 0) for code in MUST_CLEAR] == [0] * len(MUST_CLEAR)
    assert {code for code in found if CHART[code].is_floored and found[code] < 0} == set()
    assert verify().violations == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_journalentry")
        assert cursor.fetchone() == (len(chain.entries),)
