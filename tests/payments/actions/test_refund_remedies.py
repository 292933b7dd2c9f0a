"""An abnormal refund is delivered to a card of the payer's: two people, and the channel itself."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.errors import IllegalMoveError, SelfApprovalError
from payments.actions import (
    attempts,
    operations,
    refund_orders,
    refund_remedies,
    remedy_expiry,
    remedy_orders,
)
from payments.actions.remedy_cards import PayerCard
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import RefundReasonMissingError, RemedyAccountError, RemedyNotAskedError
from payments.models import Refund, RefundRemedy
from tests.factories.parked import CHECKER, MAKER
from tests.factories.payments import answered_refund, paid_payment, refund_asked
from tests.instants import NOON
from tests.payments.actions.test_closing_at_wechat import Phone
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

CARD = PayerCard("ICBC_DEBIT", "6222 0000 0000 0000", "张茶")


@pytest.fixture
def abnormal(db) -> Refund:
    """A refund that its channel could not deliver, without the channel."""
    refund = refund_asked(paid_payment())
    answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
    return answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))


def asked(refund: Refund, card: PayerCard = CARD, note: str = "Told by phone.") -> RefundRemedy:
    return refund_remedies.request_remedy(refund.pk, card=card, note=note, actor=MAKER, at=NOON)


def agreed(remedy: RefundRemedy) -> RefundRemedy:
    return refund_remedies.approve_remedy(
        remedy.refund_id,
        shown_digest=bytes(remedy.approval.digest),
        decider=CHECKER,
        at=NOON,
    )


@pytest.mark.django_db(transaction=True)
class TestPeople:
    def test_nothing_is_ordered_before_another_person_agrees(self, abnormal):
        # When
        remedy = asked(abnormal)

        # Then the account is nowhere to be read
        abnormal.refresh_from_db()
        assert (abnormal.status, abnormal.operation.status) == ("abnormal", "manual_review")
        assert (remedy.status, remedy.account_tail) == ("pending_approval", "0000")
        assert "6222" not in f"{remedy.account_encrypted} {remedy.approval.payload}"
        with nothing_written(), pytest.raises(SelfApprovalError):
            refund_remedies.approve_remedy(
                abnormal.pk,
                shown_digest=bytes(remedy.approval.digest),
                decider=type(CHECKER)(MAKER, second_factor="totp"),
                at=NOON,
            )

    def test_their_agreement_has_it_asked_about_again(self, abnormal):
        # When
        agreed(asked(abnormal))

        # Then
        abnormal.refresh_from_db()
        assert (abnormal.status, abnormal.operation.status) == ("submitting", "unknown")
        with nothing_written(), pytest.raises(IllegalMoveError):
            asked(abnormal)

    def test_what_is_refused_is_forgotten(self, abnormal):
        # Given
        remedy = asked(abnormal)

        # When
        refund_remedies.reject_remedy(
            abnormal.pk,
            shown_digest=bytes(remedy.approval.digest),
            decider=CHECKER,
            at=NOON,
            reason="Another name.",
        )

        # Then
        remedy.refresh_from_db()
        assert (remedy.status, remedy.account_encrypted, remedy.holder_encrypted) == (
            "rejected",
            "",
            "",
        )
        asked(abnormal)

    @pytest.mark.parametrize(
        "card",
        [
            PayerCard("", "62220000", "张茶"),
            PayerCard("ICBC_DEBIT", "6222x000", "张茶"),
            PayerCard("ICBC_DEBIT", "6222", "张茶"),
            PayerCard("ICBC_DEBIT", "62220000", " "),
        ],
    )
    def test_refuses_what_is_no_account(self, abnormal, card):
        with nothing_written(), pytest.raises(RemedyAccountError):
            asked(abnormal, card)

    def test_one_way_at_a_time_and_with_a_reason(self, abnormal):
        with nothing_written(), pytest.raises(RefundReasonMissingError):
            asked(abnormal, note=" ")
        asked(abnormal)
        with nothing_written(), pytest.raises(RemedyNotAskedError):
            asked(abnormal)


@pytest.mark.django_db(transaction=True)
def test_a_way_on_which_nobody_decided_ends_by_the_clock_and_another_may_be_asked_for(abnormal):
    # Given
    remedy = asked(abnormal)
    ends_at = remedy.approval.expires_at

    # When
    with nothing_written():
        early = remedy_expiry.expire_remedies(actor="task:test", at=ends_at - timedelta(seconds=1))
    ended = [remedy_expiry.expire_remedies(actor="task:test", at=ends_at) for _ in range(2)]

    # Then the refund waits as before, and nothing of the account is kept
    assert (early, ended) == (0, [1, 0])
    remedy.refresh_from_db()
    abnormal.refresh_from_db()
    assert (remedy.status, remedy.account_encrypted) == ("expired", "")
    assert remedy.approval.state == "expired"
    assert abnormal.status == "abnormal"
    asked(abnormal)


@pytest.fixture
def at_wechat(marketplace, simulator) -> Refund:
    """A refund that the simulated WeChat Pay could not deliver to its payer."""
    phone = Phone(marketplace, simulator)
    attempt = phone.choose("wechat_native")
    phone.pay(attempt)
    attempts.query_attempt(attempt.pk, at=NOON, is_notified=True)
    refund = refund_asked(phone.payment, amount_minor=4_000)
    let_it_fail(phone, refund)
    run_jobs()
    refund_orders.query_refund(refund.pk, at=NOON)
    refund.refresh_from_db()
    assert refund.status == "abnormal"
    return refund


def let_it_fail(phone: Phone, refund: Refund) -> None:
    """Let a refund fail at the payer's account."""
    assert refund.operation is not None
    phone.other_side.client.post(
        "/control/wechat/plans",
        json={
            "kind": "refund_failed",
            "app_id": phone.wechat.merchant_no,
            "number": refund.operation.channel_no,
            "error_code": "ABNORMAL",
        },
    ).raise_for_status()


def test_the_channel_delivers_it_under_the_same_number(at_wechat, simulator):
    # Given
    remedy = asked(at_wechat)
    number = at_wechat.operation.channel_no

    # When
    agreed(remedy)
    for _ in range(3):
        run_jobs()
        refund_orders.query_refund(at_wechat.pk, at=NOON)

    # Then
    at_wechat.refresh_from_db()
    remedy.refresh_from_db()
    assert (at_wechat.status, at_wechat.operation.channel_no) == ("succeeded", number)
    assert (remedy.status, remedy.account_encrypted) == ("done", "")
    assert remedy.sent_at is not None


class RefusingChannel:
    """A channel that takes no other account for a refund; the protocol asks for one deed only."""

    def apply_abnormal_refund(self, request) -> Outcome:
        return Outcome(OutcomeKind.FAILED, code="PARAM_ERROR")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("was_sent", [False, True])
def test_only_the_first_refusal_is_one(abnormal, monkeypatch, was_sent):
    # Given a way that was agreed to, and perhaps ordered before without an answer
    remedy = agreed(asked(abnormal))
    if was_sent:
        RefundRemedy.objects.filter(pk=remedy.pk).update(sent_at=NOON)
    monkeypatch.setattr(remedy_orders, "channel_of", lambda _account: RefusingChannel())
    abnormal.refresh_from_db()

    with transaction.atomic():
        lease = operations.claim_to_ask(abnormal.pk)
    told = Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL")

    # When
    outcome = remedy_orders.deliver(
        abnormal.operation, lease=lease, told=told, pay_channel_no="ATT1"
    )

    # Then what was ordered before may be on its way: nobody may pay it by hand
    kind = OutcomeKind.UNKNOWN if was_sent else OutcomeKind.ABNORMAL
    code = "PARAM_ERROR" if was_sent else "ABNORMAL"
    assert (outcome.kind, outcome.code) == (kind, code)
