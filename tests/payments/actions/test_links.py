"""Payment links: made, begun, paid, cancelled; what is refused writes nothing."""

from datetime import timedelta

import pytest

from ledger.errors import AmountError, CurrencyMismatchError
from ledger.models import AuditEntry
from payments.actions import link_payments, links
from payments.actions.links import LinkRequest
from payments.errors import (
    LinkEndError,
    LinkExpiredError,
    LinkNotFoundError,
    LinkReasonMissingError,
    LinkUsedError,
    UnknownMerchantError,
)
from payments.models import Event, Merchant, Payment, PaymentLink
from payments.queries.links import LinkState, in_state, links_with_use, state_of
from payments.queries.payer_sessions import session_of
from tests.factories.payments import MerchantFactory, payment_link
from tests.instants import NOON
from tests.rig.rows import nothing_written

LATER = NOON + timedelta(minutes=5)

pytestmark = pytest.mark.django_db(transaction=True)


def asked(merchant: Merchant, **changes: object) -> LinkRequest:
    facts = {"merchant_id": merchant.pk, "amount_minor": 10_000, "currency": "CNY"}
    return LinkRequest(**{**facts, "description": "Tea for two", **changes})


def begin(link: PaymentLink, *, token: str = "", at=LATER) -> str:
    return link_payments.begin_payment(link.pk, at=at, token=token)


def payment_of(token: str) -> Payment:
    found = session_of(token)
    assert found is not None
    return found.session.payment


def bring(payment: Payment, *steps: str) -> None:
    """Take a payment to a state by the states' own steps."""
    for step in steps:
        Payment.objects.filter(pk=payment.pk).update(status=step)


def end(link: PaymentLink, *, at=LATER) -> PaymentLink:
    return links.end_link(link.pk, merchant_id=link.merchant_id, actor="member:1", at=at)


class TestMake:
    def test_it_is_kept_told_and_audited(self):
        # Given
        merchant = MerchantFactory()

        # When
        link = links.make_link(asked(merchant), actor="member:1", at=NOON)

        # Then
        kept = PaymentLink.objects.get()
        assert (kept.amount_minor, kept.currency, kept.is_single_use) == (10_000, "CNY", True)
        assert (kept.expires_at, kept.created_by) == (NOON + links.LIFETIME, "member:1")
        assert len(kept.code) == 24
        event = Event.objects.get(subject=link.pk)
        assert (event.kind, event.payload["amount"]) == ("payment_link.created", 10_000)
        audit = AuditEntry.objects.get(action="payment_link.created")
        assert (audit.subject, audit.actor) == (link.pk, "member:1")
        # The address is for payers, not for who reads events.
        assert kept.code not in str(event.payload) + str(audit.after)

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"merchant_id": "mer_nobody"}, UnknownMerchantError),
            ({"currency": "USD"}, CurrencyMismatchError),
            ({"amount_minor": 0}, AmountError),
            ({"amount_minor": 10**13 + 1}, AmountError),
            ({"expires_at": NOON}, LinkEndError),
            ({"expires_at": NOON + timedelta(days=367)}, LinkEndError),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, changes, error):
        # Given
        merchant = MerchantFactory()

        # When, Then
        with nothing_written(), pytest.raises(error):
            links.make_link(asked(merchant, **changes), actor="member:1", at=NOON)

    def test_a_merchant_who_is_not_active_makes_none(self):
        merchant = MerchantFactory(is_active=False)
        with nothing_written(), pytest.raises(UnknownMerchantError):
            links.make_link(asked(merchant), actor="member:1", at=NOON)

    def test_the_platform_says_why(self):
        # Given
        merchant = MerchantFactory()

        # When, Then
        with nothing_written(), pytest.raises(LinkReasonMissingError):
            links.make_link_for(asked(merchant), actor="user:1", at=NOON, reason=" ")
        links.make_link_for(asked(merchant), actor="user:1", at=NOON, reason="They phoned.")
        assert AuditEntry.objects.get(action="payment_link.created").reason == "They phoned."


class TestCancel:
    def test_it_is_kept_told_and_audited(self):
        # Given
        link = payment_link()

        # When
        end(link)

        # Then
        assert PaymentLink.objects.get().cancelled_at == LATER
        assert Event.objects.get(sequence=2).kind == "payment_link.cancelled"
        audit = AuditEntry.objects.get(action="payment_link.cancelled")
        assert (audit.before, audit.after) == ({"state": "open"}, {"state": "cancelled"})
        with nothing_written():
            end(link, at=LATER + timedelta(minutes=1))

    def test_another_merchant_s_is_not_found(self):
        # Given
        link = payment_link()

        # When, Then
        with nothing_written(), pytest.raises(LinkNotFoundError):
            links.end_link(link.pk, merchant_id="mer_other", actor="member:2", at=LATER)

    def test_what_has_ended_is_refused(self):
        # Given
        link = payment_link()

        # When, Then
        with nothing_written(), pytest.raises(LinkExpiredError):
            end(link, at=link.expires_at)
        bring(payment_of(begin(link)), "awaiting_payment", "paid")
        with nothing_written(), pytest.raises(LinkUsedError):
            end(link)

    def test_the_platform_says_why(self):
        # Given
        link = payment_link()

        # When, Then
        with nothing_written(), pytest.raises(LinkReasonMissingError):
            links.end_link_for(link.pk, actor="user:1", at=LATER, reason="")
        links.end_link_for(link.pk, actor="user:1", at=LATER, reason="Wrong price.")
        assert AuditEntry.objects.get(action="payment_link.cancelled").reason == "Wrong price."


def test_a_state_and_its_condition_say_the_same():
    # Given one link in each state
    opened, used = payment_link(), payment_link()
    bring(payment_of(begin(used)), "awaiting_payment", "paid")
    cancelled, expired = payment_link(), payment_link(expires_at=LATER)
    end(cancelled, at=NOON)
    doubted = payment_link(expires_at=LATER)
    bring(payment_of(begin(doubted, at=NOON)), "awaiting_payment", "conflicted")
    found = {link.pk: state_of(link, at=LATER) for link in links_with_use()}

    # Then
    assert found == {
        opened.pk: "open",
        used.pk: "used",
        cancelled.pk: "cancelled",
        expired.pk: "expired",
        doubted.pk: "checking",
    }
    for state in LinkState:
        (row,) = links_with_use().filter(in_state(state, at=LATER))
        assert found[row.pk] == state
