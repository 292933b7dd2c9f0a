"""Money that came otherwise than asked: who decides, and what terms decide."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.errors import (
    ApprovalClosedError,
    ApprovalExpiredError,
    IllegalMoveError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import AuditEntry
from payments.actions import resolutions
from payments.errors import (
    ParkedMoneyNotFoundError,
    ResolutionNotAskedError,
    ResolutionReasonMissingError,
)
from payments.models import (
    Payment,
    Refund,
)
from payments.queries.refunds import paid_attempt
from payments.terms import MerchantTerms
from tests.factories import parked as factory
from tests.factories.parked import (
    CHECKER,
    MAKER,
    agreed,
    asked,
    conflicted_money,
    late_money,
    resolved,
)
from tests.factories.payments import (
    MerchantFactory,
    refunded,
)
from tests.factories.terms import agree
from tests.instants import NOON
from tests.payments.actions.parked_desk import ACCEPT, REFUND, now, refund_of, wrongs
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)


LATER = NOON + timedelta(days=8)


def give_late_terms(merchant, word: str) -> None:
    agree(MerchantTerms(merchant.pk, merchant.fee_plan_id, merchant.settlement_cycle, word))


# --- people ---------------------------------------------------------------------------------------


class TestPeople:
    def test_nothing_moves_before_another_person_agrees(self):
        # Given
        parked = late_money()

        # When
        request = asked(parked, REFUND)

        # Then
        assert now(parked) == ("waiting", "paid_late", "expired")
        assert (request.amount_minor, request.currency) == (10_000, "CNY")
        assert request.payload["suspense_after_minor"] == 0
        assert Refund.objects.count() == 0
        with nothing_written(), pytest.raises(ApprovalClosedError):
            asked(parked, ACCEPT)

    def test_the_maker_may_not_agree(self):
        # Given
        parked = late_money()
        asked(parked, REFUND)

        # When, Then
        with nothing_written(), pytest.raises(SelfApprovalError):
            agreed(parked, decider=replace(CHECKER, actor=MAKER))

    def test_nobody_agrees_to_what_was_not_shown(self):
        # Given
        parked = late_money()
        asked(parked, REFUND)

        # When, Then
        with nothing_written(), pytest.raises(StaleApprovalError):
            resolutions.approve_resolution(
                parked.pk, shown_digest=b"other", decider=CHECKER, at=NOON
            )

    def test_after_its_time_it_may_be_asked_anew(self):
        # Given
        parked = late_money()
        asked(parked, REFUND)
        with nothing_written(), pytest.raises(ApprovalExpiredError):
            agreed(parked, at=LATER)

        # When
        asked(parked, ACCEPT, at=LATER)
        agreed(parked, at=LATER)

        # Then
        assert now(parked) == ("accepted", "paid", "")

    def test_no_and_never_mind_leave_it_in_suspense(self):
        # Given
        parked = late_money()
        digest = bytes(asked(parked, REFUND).digest)

        # When
        resolutions.reject_resolution(
            parked.pk, shown_digest=digest, decider=CHECKER, at=NOON, reason="Wait."
        )
        asked(parked, REFUND)
        resolutions.withdraw_resolution(parked.pk, actor=MAKER, at=NOON, reason="Never mind.")

        # Then
        assert now(parked) == ("waiting", "paid_late", "expired")
        assert AuditEntry.objects.filter(action="payment_resolution.withdrawn").count() == 1
        with pytest.raises(ResolutionNotAskedError):
            resolutions.approve_resolution(parked.pk, shown_digest=digest, decider=CHECKER, at=NOON)

    def test_it_is_resolved_once(self):
        # Given
        parked = late_money()
        resolved(parked, REFUND)

        # When, Then
        for way in (ACCEPT, REFUND):
            with nothing_written(), pytest.raises(IllegalMoveError):
                asked(parked, way)

    def test_asks_for_a_reason_and_for_money_that_is_there(self):
        parked = late_money()

        with nothing_written(), pytest.raises(ResolutionReasonMissingError):
            resolutions.request_resolution(parked.pk, way=REFUND, actor=MAKER, at=NOON, reason=" ")
        with nothing_written(), pytest.raises(ParkedMoneyNotFoundError):
            resolutions.request_resolution(
                "prk_nothing", way=REFUND, actor=MAKER, at=NOON, reason="Why not"
            )


# --- terms ----------------------------------------------------------------------------------------


class TestTerms:
    def test_accept_takes_late_money_at_once(self):
        # Given
        merchant = MerchantFactory()
        give_late_terms(merchant, "accept")

        # When
        parked = late_money(merchant)

        # Then
        assert now(parked) == ("accepted", "paid", "")
        deed = AuditEntry.objects.get(action="payment_resolution.carried_out")
        assert deed.actor == "terms:late_money"
        assert wrongs() == []

    def test_refund_gives_it_back_at_once_whatever_came(self):
        # Given
        merchant = MerchantFactory()
        give_late_terms(merchant, "refund")

        # When
        parked = late_money(merchant, came_minor=4_000)

        # Then
        assert now(parked) == ("returning", "refunding_late", "expired")
        refunded(refund_of(parked))
        assert now(parked) == ("returned", "refunded_late", "")
        assert wrongs() == []

    @pytest.mark.parametrize("words", [("accept", "refund"), ("accept", "ask")])
    def test_merchants_who_want_different_things_leave_it_to_people(self, words):
        # Given
        merchants = [MerchantFactory(), MerchantFactory()]
        for merchant, word in zip(merchants, words, strict=True):
            if word != "ask":
                give_late_terms(merchant, word)

        # When
        parked = late_money(*merchants, amounts_minor=(5_000, 5_000))

        # Then
        assert now(parked) == ("waiting", "paid_late", "expired")

    def test_accept_leaves_what_does_not_fit_to_people(self):
        # Given
        merchant = MerchantFactory()
        give_late_terms(merchant, "accept")

        # When, Then
        assert now(late_money(merchant, came_minor=9_999))[0] == "waiting"

    @pytest.mark.parametrize("word", ["accept", "refund"])
    def test_a_conflict_always_asks(self, word):
        # Given
        merchant = MerchantFactory()
        give_late_terms(merchant, word)

        # When, Then
        assert now(conflicted_money(merchant, came_minor=12_000))[0] == "waiting"


def test_a_try_that_was_paid_is_told_from_one_that_waits():
    """What paid a payment is refunded by its own order, not by the one in suspense."""
    late = late_money()
    twice = factory.second_money(late.payment)
    resolved(late, ACCEPT)

    assert paid_attempt(Payment.objects.get()) == late.attempt
    assert now(twice)[0] == "waiting"
