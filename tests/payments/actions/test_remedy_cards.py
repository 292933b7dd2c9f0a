"""Two people agree to one card of the payer's: its number and its holder, and to no other."""

import pytest
from django.db import transaction

from ledger import encryption
from ledger.actions.approvals import digest_of
from ledger.errors import StaleApprovalError
from ledger.models import AuditEntry
from payments.actions import operations, refund_remedies, remedy_cards, remedy_orders
from payments.actions.remedy_cards import PayerCard
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import RemedyAccountError, RemedyNotAskedError
from payments.models import Refund, RefundRemedy
from payments.parked_states import RemedyKind
from payments.queries.refund_remedies import remedy_payload
from tests.factories.parked import CHECKER, MAKER
from tests.factories.payments import answered_refund, paid_payment, refund_asked
from tests.instants import NOON
from tests.payments.undelivered import to_be_delivered, undelivered_channel
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

CARD = PayerCard("ICBC_DEBIT", "6222 0000 0000 1239", "张茶")
TOLD = Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL")


def abnormal() -> Refund:
    refund = refund_asked(paid_payment())
    answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
    return answered_refund(refund, TOLD)


def asked(card: PayerCard | None = CARD, kind: RemedyKind = RemedyKind.PAYER_CARD) -> RefundRemedy:
    return refund_remedies.request_remedy(
        abnormal().pk, card=card, kind=kind, note="Told by phone.", actor=MAKER, at=NOON
    )


def agree(remedy: RefundRemedy) -> None:
    refund_remedies.approve_remedy(
        remedy.refund_id,
        shown_digest=bytes(remedy.approval.digest),
        decider=CHECKER,
        at=NOON,
    )


def swap(monkeypatch: pytest.MonkeyPatch, *, holder: str) -> None:
    """Let another holder be found in the row than was sealed there."""
    decrypt = encryption.decrypt
    monkeypatch.setattr(
        encryption,
        "decrypt",
        lambda sealed, *, aad: holder if "|holder_" in aad else decrypt(sealed, aad=aad),
    )


@pytest.mark.parametrize(
    "other",
    [
        PayerCard("ICBC_DEBIT", "6222 0000 0000 1239", "李铁"),
        PayerCard("ICBC_DEBIT", "6228 0000 0000 1239", "张茶"),
    ],
    ids=["holder", "number"],
)
def test_another_card_is_another_digest_though_its_last_digits_are_the_same(other):
    # Given
    remedy = asked()
    told = remedy_payload(remedy)

    # When
    remedy_cards.seal(remedy, other)

    # Then neither number nor holder can be read in what stays
    assert digest_of(remedy_payload(remedy)) != digest_of(told)
    assert {**remedy_payload(remedy), "card_index": told["card_index"]} == told
    assert len(bytes.fromhex(told["card_index"])) == 32
    assert "6222" not in str(told["card_index"])


def test_the_same_card_written_otherwise_is_the_same():
    # Given
    remedy = asked()
    told = remedy_payload(remedy)

    # When
    remedy_cards.seal(remedy, PayerCard(" ICBC_DEBIT", "6222000000001239", "张茶 "))

    # Then
    assert remedy_payload(remedy) == told


def test_ways_without_a_card_have_no_index():
    assert "card_index" not in remedy_payload(asked(None, RemedyKind.OUR_ACCOUNT))


def test_who_may_agree_reads_it_in_clear_and_each_look_is_kept():
    # Given
    remedy = asked()

    # When
    cards = [
        remedy_cards.look_at_card(remedy.pk, actor="user:2", at=NOON, request_id="req_1")
        for _ in range(2)
    ]

    # Then
    assert cards == [PayerCard("ICBC_DEBIT", "6222000000001239", "张茶")] * 2
    looks = AuditEntry.objects.filter(action="refund_remedy.card_shown", subject=remedy.pk)
    assert list(looks.values_list("actor", "request_id")) == [("user:2", "req_1")] * 2
    assert "6222" not in str(list(AuditEntry.objects.values_list("after", "reason")))


def test_nobody_looks_at_what_is_decided_or_has_no_card():
    # Given
    agree(decided := asked())
    other = asked(None, RemedyKind.OUR_ACCOUNT)

    # When, Then
    for way in (decided.pk, other.pk, "rmd_none"):
        with nothing_written(), pytest.raises(RemedyNotAskedError):
            remedy_cards.look_at_card(way, actor="user:2", at=NOON)


def test_another_holder_than_was_asked_for_is_neither_shown_nor_agreed_to(monkeypatch):
    # Given
    remedy = asked()
    swap(monkeypatch, holder="李铁")

    # When, Then
    with nothing_written(), pytest.raises(StaleApprovalError):
        remedy_cards.look_at_card(remedy.pk, actor="user:2", at=NOON)
    with nothing_written(), pytest.raises(StaleApprovalError):
        agree(remedy)


def test_nothing_is_ordered_to_another_holder_than_two_people_agreed_to(monkeypatch):
    # Given
    channel = undelivered_channel(monkeypatch)
    refund = to_be_delivered()
    swap(monkeypatch, holder="李铁")
    with transaction.atomic():
        lease = operations.claim_to_ask(refund.pk)

    # When, Then
    with nothing_written(), pytest.raises(StaleApprovalError):
        remedy_orders.deliver(refund.operation, lease=lease, told=TOLD, pay_channel_no="ATT1")
    assert channel.applied == []
    assert RefundRemedy.objects.get().sent_at is None


def test_digits_of_other_scripts_are_no_number():
    with nothing_written(), pytest.raises(RemedyAccountError):
        remedy_cards.seal(RefundRemedy(), PayerCard("ICBC_DEBIT", "６２２２００００", "张茶"))
