"""Payments begun by a link: whose they are, and when none can be begun."""

from datetime import timedelta

import pytest

from ledger.identifiers import new_id
from ledger.models import AuditEntry
from payments.actions import link_payments, links
from payments.errors import (
    LinkBusyError,
    LinkCancelledError,
    LinkCheckingError,
    LinkExpiredError,
    LinkMerchantInactiveError,
    LinkNotFoundError,
    LinkUsedError,
)
from payments.models import Merchant, Payment, PaymentAllocation, PaymentLink
from payments.queries.payer_sessions import session_of
from tests.factories.payments import payment_link
from tests.instants import NOON
from tests.rig.rows import nothing_written

LATER = NOON + timedelta(minutes=5)

pytestmark = pytest.mark.django_db(transaction=True)


def begin(link: PaymentLink, *, token: str = "", at=LATER, client_ip: str | None = None) -> str:
    return link_payments.begin_payment(link.pk, at=at, token=token, client_ip=client_ip)


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


class TestBegin:
    def test_a_payment_of_the_link_s_own_is_made_for_its_merchant(self):
        # Given
        link = payment_link()

        # When
        payment = payment_of(begin(link))

        # Then
        share = PaymentAllocation.objects.get()
        assert (payment.link_id, payment.merchant_id) == (link.pk, link.merchant_id)
        assert (payment.amount_minor, payment.currency) == (10_000, "CNY")
        assert (payment.payer_id, payment.description) == (None, "Tea for two")
        assert (share.merchant_id, share.amount_minor) == (link.merchant_id, 10_000)
        assert payment.expires_at == LATER + timedelta(hours=2)
        assert AuditEntry.objects.get(action="payment.created").actor == f"link:{link.pk}"

    def test_the_same_browser_goes_on_with_what_it_began(self):
        # Given
        link = payment_link(is_single_use=False)
        token = begin(link)

        # When, Then
        with nothing_written():
            assert begin(link, token=token) == token

    def test_by_a_link_to_be_paid_once_all_pay_one_payment(self):
        # Given
        link = payment_link()

        # When
        first, second = begin(link), begin(link)

        # Then
        assert first != second
        assert payment_of(first).pk == payment_of(second).pk

    def test_by_another_link_each_browser_has_its_own(self):
        # Given
        link = payment_link(is_single_use=False)

        # When
        first, second = begin(link), begin(link)

        # Then
        assert payment_of(first).pk != payment_of(second).pk

    def test_a_token_of_another_link_leads_nowhere(self):
        # Given
        token = begin(payment_link(is_single_use=False))
        link = payment_link(is_single_use=False)

        # When
        mine = begin(link, token=token)

        # Then
        assert payment_of(mine).link_id == link.pk

    def test_after_a_payment_that_failed_another_may_be_begun(self):
        # Given
        link = payment_link()
        token = begin(link)
        bring(payment_of(token), "closed")

        # When
        again = begin(link, token=token)

        # Then
        assert payment_of(again).pk != payment_of(token).pk

    @pytest.mark.parametrize(
        ("steps", "refusal"),
        [
            (["paid"], LinkUsedError),
            (["conflicted"], LinkCheckingError),
            (["conflicted", "refunding_late"], LinkCheckingError),
        ],
    )
    def test_where_money_came_once_no_more_is_taken(self, steps, refusal):
        # Given
        link = payment_link()
        bring(payment_of(begin(link)), "awaiting_payment", *steps)

        # When, Then
        with nothing_written(), pytest.raises(refusal):
            begin(link)

    def test_what_may_be_paid_several_times_is_not(self):
        # Given
        link = payment_link(is_single_use=False)
        bring(payment_of(begin(link)), "awaiting_payment", "paid")

        # When, Then
        assert payment_of(begin(link)).status == "created"

    def test_nobody_begins_after_the_end_but_who_began_goes_on(self):
        # Given
        link = payment_link(expires_at=LATER + timedelta(minutes=1))
        token = begin(link)

        # When, Then
        with nothing_written():
            with pytest.raises(LinkExpiredError):
                begin(link, at=link.expires_at)
            assert begin(link, token=token, at=link.expires_at) == token

    def test_nobody_begins_by_a_cancelled_link(self):
        # Given
        link = payment_link()
        end(link)

        # When, Then
        with nothing_written(), pytest.raises(LinkCancelledError):
            begin(link)

    def test_nobody_pays_a_merchant_who_takes_nothing_now(self):
        # Given
        link = payment_link()
        Merchant.objects.update(is_active=False)

        # When, Then
        with nothing_written(), pytest.raises(LinkMerchantInactiveError):
            begin(link)

    def test_a_crowd_of_visits_gives_way_and_keeps_nobody_from_paying(self):
        # Given somebody who opened the address as often as can wait, and more
        link = payment_link(is_single_use=False)
        theirs = [
            begin(link, client_ip="198.51.100.1", at=LATER + n * timedelta(seconds=3))
            for n in range(link_payments.VISITS_MAX)
        ]
        then = LATER + timedelta(minutes=5)

        # When
        mine = begin(link, client_ip="203.0.113.7", at=then)
        begin(link, client_ip="198.51.100.1", at=then)

        # Then theirs gave way, the oldest first
        ended = [payment_of(token) for token in theirs[:3]]
        assert [one.status for one in ended] == ["closed", "closed", "created"]
        assert ended[0].status_code == "gave_way"
        assert payment_of(mine).status == "created"
        assert Payment.objects.filter(status="created").count() == link_payments.VISITS_MAX

    def test_of_visits_from_everywhere_the_oldest_gives_way(self, monkeypatch):
        # Given
        monkeypatch.setattr(link_payments, "VISITS_MAX", 2)
        link = payment_link(is_single_use=False)
        first, second = (begin(link, client_ip=f"198.51.100.{n}") for n in (1, 2))

        # When
        begin(link)

        # Then
        assert [payment_of(one).status for one in (first, second)] == ["closed", "created"]

    def test_one_home_has_many_addresses_and_is_one_visitor(self, monkeypatch):
        # Given
        monkeypatch.setattr(link_payments, "VISITS_MAX", 3)
        link = payment_link(is_single_use=False)
        mine = begin(link, client_ip="203.0.113.7")
        theirs = [begin(link, client_ip=f"2001:db8::{n}") for n in (1, 2)]

        # When
        begin(link, client_ip="2001:db8::ffff:3")

        # Then
        assert payment_of(mine).status == "created"
        assert payment_of(theirs[0]).status == "closed"

    def test_who_has_a_network_for_each_visit_displaces_only_themselves(self, monkeypatch):
        # Given a payer with two visits, and a customer of many networks with one in each
        monkeypatch.setattr(link_payments, "VISITS_MAX", 5)
        link = payment_link(is_single_use=False)
        mine = [begin(link, client_ip="2001:db8:ffff::1") for _ in range(2)]
        theirs = [begin(link, client_ip=f"2001:db8:0:{n:x}::1") for n in (1, 2, 0xFFFF)]

        # When
        begin(link, client_ip="2001:db8:0:3::1")

        # Then
        assert [payment_of(one).status for one in mine] == ["created"] * 2
        assert [payment_of(one).status for one in theirs] == ["closed", "created", "created"]

    def test_within_a_site_the_home_that_has_most_gives_way(self, monkeypatch):
        # Given
        monkeypatch.setattr(link_payments, "VISITS_MAX", 3)
        link = payment_link(is_single_use=False)
        neighbours = begin(link, client_ip="2001:db8:0:1::1")
        theirs = [begin(link, client_ip=f"2001:db8:0:2::{n}") for n in (1, 2)]

        # When
        begin(link, client_ip="203.0.113.7")

        # Then
        assert payment_of(neighbours).status == "created"
        assert [payment_of(one).status for one in theirs] == ["closed", "created"]

    def test_who_has_chosen_a_method_never_gives_way(self, monkeypatch):
        # Given
        monkeypatch.setattr(link_payments, "VISITS_MAX", 1)
        link = payment_link(is_single_use=False)
        chosen = begin(link)
        bring(payment_of(chosen), "awaiting_payment")
        begin(link)

        # When
        begin(link)

        # Then
        assert payment_of(chosen).status == "awaiting_payment"

    @pytest.mark.parametrize("address", ["198.51.100.1", "2001:db8::1", None])
    def test_tries_of_one_network_keep_only_that_network_waiting(self, monkeypatch, address):
        # Given
        monkeypatch.setattr(link_payments, "TRIES_MAX", 1)
        link = payment_link(is_single_use=False)
        bring(payment_of(begin(link, client_ip=address)), "awaiting_payment")

        # When, Then
        with nothing_written(), pytest.raises(LinkBusyError):
            begin(link, client_ip=address)
        assert payment_of(begin(link, client_ip="203.0.113.7")).status == "created"

    def test_tries_of_many_networks_of_one_site_keep_only_that_site_waiting(self, monkeypatch):
        # Given
        monkeypatch.setattr(link_payments, "SITE_TRIES_MAX", 2)
        link = payment_link(is_single_use=False)
        for n in (1, 2):
            bring(payment_of(begin(link, client_ip=f"2001:db8:0:{n}::1")), "awaiting_payment")

        # When, Then
        with nothing_written(), pytest.raises(LinkBusyError):
            begin(link, client_ip="2001:db8:0:3::1")
        assert payment_of(begin(link, client_ip="2001:db8:1::1")).status == "created"

    def test_while_the_channel_is_asked_about_the_only_payment_no_other_begins(self):
        # Given
        link = payment_link()
        bring(payment_of(begin(link)), "awaiting_payment", "closing")

        # When, Then
        with nothing_written(), pytest.raises(LinkBusyError):
            begin(link)

    def test_there_must_be_one(self):
        with nothing_written(), pytest.raises(LinkNotFoundError):
            link_payments.begin_payment(new_id("lnk"), at=LATER)
