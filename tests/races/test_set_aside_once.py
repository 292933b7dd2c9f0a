"""Money is set aside once and given back once, however many decide at the same moment."""

from functools import partial

import pytest

from ledger.actions.approvals import Decider, digest_of
from ledger.errors import DomainError
from payments.actions import manual_entries, maturity
from payments.models import ManualEntry, Merchant
from payments.queries.manual_entries import manual_entry_payload
from settlements.actions import settlements
from settlements.models import Settlement
from settlements.queries import integrity
from tests.books import assert_balances
from tests.factories.manual_entries import (
    asked_by_hand,
    booked_by_hand,
    reserved_by_hand,
    with_reserve_terms,
)
from tests.factories.payments import paid_payment, refund_asked
from tests.factories.settlements import available_money, house, settled_merchant
from tests.instants import FRIDAY, MONDAY, NEXT_NOON
from tests.rig.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant() -> Merchant:
    """A merchant with 98.00 available and a bank account."""
    merchant = settled_merchant()
    available_money(merchant, channel=house().channel)
    return merchant


def agree(entry: ManualEntry, checker: str = "user:2") -> object:
    fresh = ManualEntry.objects.get(pk=entry.pk)
    return manual_entries.approve_manual_entry(
        entry.pk,
        shown_digest=digest_of(manual_entry_payload(fresh)),
        decider=Decider(checker, second_factor="totp"),
        at=NEXT_NOON,
    )


def refusals(answers: list[object]) -> list[object]:
    """Return what was refused in our words; anything else that was raised is a fault."""
    assert not [
        one for one in answers if isinstance(one, Exception) and not isinstance(one, DomainError)
    ], answers
    return [one for one in answers if isinstance(one, DomainError)]


def test_two_unfreezes_of_one_freeze(merchant):
    # Given two freezes, so that the account itself could pay both
    freeze = booked_by_hand("freeze", merchant, 4_000, at=NEXT_NOON)
    booked_by_hand("freeze", merchant, 4_000, at=NEXT_NOON)
    asked = [
        asked_by_hand("unfreeze", merchant, 4_000, ends=freeze.pk, at=NEXT_NOON) for _ in range(4)
    ]

    # When
    answers = at_once(*(partial(agree, entry) for entry in asked))

    # Then
    assert len(refusals(answers)) == 3
    assert_balances(merchant.pk, merchant_available="58.00", risk_freeze="40.00")
    assert integrity.verify().violations == []


def test_two_people_approve_one_freeze(merchant):
    entry = asked_by_hand("freeze", merchant, 4_000, at=NEXT_NOON)

    answers = at_once(partial(agree, entry, "user:2"), partial(agree, entry, "user:3"))

    assert len(refusals(answers)) == 1
    assert_balances(merchant.pk, risk_freeze="40.00")
    assert integrity.verify().violations == []


def test_a_freeze_and_a_settlement_run_want_the_same_money(merchant):
    for _ in range(5):
        # Given
        entry = asked_by_hand("freeze", merchant, 9_800, at=NEXT_NOON)

        # When
        answers = at_once(
            partial(agree, entry),
            partial(
                settlements.draft_settlements,
                currency="CNY",
                business_date=FRIDAY,
                actor="task:t",
                at=NEXT_NOON,
            ),
        )

        # Then one of them has it all, and the other none
        refused = refusals(answers)
        entry.refresh_from_db()
        held = Settlement.objects.filter(status="draft").count()
        assert (entry.status == "booked", held) in {(True, 0), (False, 1)}
        assert len(refused) == held
        assert integrity.verify().violations == []
        if held:
            return  # the run drafts a merchant once a day
        booked_by_hand("unfreeze", merchant, 9_800, ends=entry.pk, at=NEXT_NOON)


def test_a_reserve_is_not_released_and_used_at_once(merchant):
    # Given 40.00 by hand and 9.80 that come due, with nothing else to pay from
    with_reserve_terms(merchant, days=1, is_reserve_for_refunds=True)
    payment = paid_payment(merchant, at=NEXT_NOON)
    hold = reserved_by_hand(merchant, 4_000, at=NEXT_NOON)
    booked_by_hand("adjustment_debit", merchant, 5_800, at=NEXT_NOON)
    release = asked_by_hand("reserve_release", merchant, 4_000, ends=hold.pk, at=NEXT_NOON)

    # When
    at_once(
        partial(agree, release),
        partial(refund_asked, payment, at=NEXT_NOON),
        partial(
            maturity.mature, currency="CNY", business_date=MONDAY, actor="task:t", at=NEXT_NOON
        ),
        *(partial(paid_payment, merchant, at=NEXT_NOON) for _ in range(3)),
    )

    # Then
    assert integrity.verify().violations == []
