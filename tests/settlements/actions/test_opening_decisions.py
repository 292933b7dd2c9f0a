# ruff: noqa: F811  fixtures are imported
"""Opening balances are agreed to by other people."""

from datetime import timedelta

import pytest

from ledger.errors import (
    ApprovalClosedError,
    SelfApprovalError,
    StaleApprovalError,
)
from settlements.actions import openings
from settlements.errors import ReasonMissingError
from settlements.models import Opening
from tests.factories.openings import (
    approved_opening,
    asked_opening,
    booked_opening,
)
from tests.factories.payments import MerchantFactory
from tests.factories.settlements import (
    CHECKER,
    MAKER,
)
from tests.instants import NOON
from tests.rig.rows import nothing_written
from tests.settlements.actions.opening_books import ours  # noqa: F401

pytestmark = pytest.mark.django_db


def approve(opening: Opening, *, digest: bytes | None = None, decider=CHECKER) -> Opening:
    shown = bytes(opening.approval.digest) if digest is None else digest
    return openings.approve_opening(opening.pk, shown_digest=shown, decider=decider, at=NOON)


@pytest.mark.parametrize(
    ("yuan", "dollars", "currency", "amount_minor", "required", "needs_head"),
    [
        ("1.00", "", "CNY", 100, 1, False),
        ("100000.00", "", "CNY", 10_000_000, 1, False),
        ("100000.01", "", "CNY", 10_000_001, 2, False),
        ("1000000.01", "", "CNY", 100_000_001, 2, True),
        # Nobody has set a tier of dollars: two people, who are more than the yuan ask for.
        ("1.00", "5.00", "USD", 500, 2, False),
        # A finance head before the greater number of minor units.
        ("1000000.01", "2000000.00", "CNY", 100_000_001, 2, True),
    ],
)
def test_the_currency_that_asks_for_the_most_sets_the_tier(
    ours, yuan, dollars, currency, amount_minor, required, needs_head
):
    lines = [f"1001,{ours.bank.pk},CNY,{yuan},D"]
    if dollars:
        lines.append(f"2002,{MerchantFactory().pk},USD,{dollars},C")

    request = asked_opening(*lines).approval

    assert (request.currency, request.amount_minor) == (currency, amount_minor)
    assert (request.required, request.needs_head) == (required, needs_head)


def test_who_handed_it_in_does_not_agree_to_it(ours):
    opening = asked_opening(f"1001,{ours.bank.pk},CNY,1.00,D")

    with nothing_written(), pytest.raises(SelfApprovalError):
        approve(opening, decider=type(CHECKER)(actor=MAKER))


def test_nobody_agrees_to_what_they_were_not_shown(ours):
    opening = asked_opening(f"1001,{ours.bank.pk},CNY,1.00,D")

    with nothing_written(), pytest.raises(StaleApprovalError):
        approve(opening, digest=b"something else")


def test_it_is_agreed_to_once(ours):
    opening = approved_opening(f"1001,{ours.bank.pk},CNY,1.00,D")
    opening.approval.refresh_from_db()

    assert opening.approval.state == "executed"
    with nothing_written(), pytest.raises(ApprovalClosedError):
        approve(opening)


def test_what_was_rejected_may_be_handed_in_again(ours):
    # Given
    line = f"1001,{ours.bank.pk},CNY,1.00,D"
    opening = asked_opening(line)
    with nothing_written(), pytest.raises(ReasonMissingError):
        openings.reject_opening(
            opening.pk,
            shown_digest=bytes(opening.approval.digest),
            decider=CHECKER,
            at=NOON,
            reason=" ",
        )

    # When
    openings.reject_opening(
        opening.pk,
        shown_digest=bytes(opening.approval.digest),
        decider=CHECKER,
        at=NOON,
        reason="of another bank",
    )

    # Then
    opening.refresh_from_db()
    assert opening.status == "rejected"
    assert booked_opening(line).status == "booked"


def test_what_was_withdrawn_is_free_again_even_after_its_time(ours):
    # Given
    line = f"1001,{ours.bank.pk},CNY,1.00,D"
    opening = asked_opening(line)

    # When
    openings.withdraw_opening(
        opening.pk, actor=MAKER, at=NOON + timedelta(days=30), reason="a newer file"
    )

    # Then
    opening.approval.refresh_from_db()
    assert opening.approval.state == "voided"
    assert booked_opening(line, at=NOON + timedelta(days=30)).status == "booked"
