"""A link that may be paid once has one sale, whoever pays, comes late or decides at that moment."""

import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from ledger.errors import StaleApprovalError
from payments import locks
from payments.actions import attempts, link_payments, operations, switching
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import LinkUsedError
from payments.models import Merchant, ParkedMoney, Payment, PaymentAttempt, PaymentLink
from payments.queries.payer_sessions import session_of
from payments.states import LIVE_ATTEMPTS
from settlements.queries import integrity
from tests.factories.parked import agreed, asked, late_money
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    payment_link,
)
from tests.instants import NOON
from tests.payments.actions.test_resolutions_by_people import give_late_terms
from tests.rig.races import at_once, meanwhile

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4
PAID = Outcome(OutcomeKind.SUCCEEDED, amount_minor=10_000, currency="CNY", paid_at=NOON, raw="{}")


@pytest.fixture
def merchant() -> Merchant:
    """One who takes late money at once."""
    merchant = MerchantFactory()
    give_late_terms(merchant, "accept")
    yield merchant
    assert integrity.verify().violations == []


def begun(link: PaymentLink) -> str:
    found = session_of(link_payments.begin_payment(link.pk, at=NOON))
    assert found is not None
    return found.session.payment_id


def choose(payment_id: str, method: str) -> None:
    with transaction.atomic():
        switching.confirm_or_switch(
            payment_id, method=method, client_ip=None, actor="link:test", at=NOON
        )


def tried(merchant: Merchant, link: PaymentLink, *, is_closed: bool = False) -> PaymentAttempt:
    """Return a try of one payment of the link, whose payer holds its code."""
    payment = owed_payment(merchant, link=link)
    attempt = attempted_payment(payment, channel=AlipayAccountFactory())
    if is_closed:
        for row in (attempt.operation, attempt):
            row.status = "closed"
            row.save(update_fields=["status"])
        for status in ("closing", "closed"):
            Payment.objects.filter(pk=payment.pk).update(status=status, status_code="expired")
    return attempt


def money_comes(attempt: PaymentAttempt) -> Callable[[], object]:
    """Ask about a try, and return the deed of recording that it was paid."""
    with transaction.atomic():
        lease = operations.claim_to_ask(attempt.operation.subject, is_notified=True)
    assert lease is not None
    return lambda: attempts._record(attempt.pk, lease=lease, outcome=PAID, at=NOON)


def wait_for(waiters: int) -> None:
    """Return once so many connections wait for a lock, at most ten seconds."""
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= waiters:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits for anything")


def sales(link: PaymentLink) -> list[str]:
    return sorted(link.payments.values_list("status", flat=True))


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_all_who_pay_at_once_pay_one_payment_by_one_try(round_no):
    # Given
    AlipayAccountFactory()
    link = payment_link()

    # When six open it at the same moment, and two choose different ways
    payment_ids = at_once(*([lambda: begun(link)] * 6))
    one = payment_ids[0]
    at_once(lambda: choose(one, "alipay_qr"), lambda: choose(one, "alipay_page"))

    # Then
    assert set(payment_ids) == {one}
    assert PaymentAttempt.objects.filter(status__in=LIVE_ATTEMPTS).count() == 1


def test_nobody_begins_while_late_money_is_being_taken(merchant):
    # Given late money in the middle of being taken, as its merchant's account is in use
    link = payment_link(merchant)
    late = money_comes(tried(merchant, link, is_closed=True))
    with transaction.atomic():
        locks.locked_merchant_accounts([merchant.pk], currency="CNY")
        taking = meanwhile(late)
        wait_for(1)

        # When another payer opens the link
        other = meanwhile(lambda: link_payments.begin_payment(link.pk, at=NOON))
        wait_for(2)

    # Then they are told that it has been paid
    taking.result(10)
    assert isinstance(other.exception(10), LinkUsedError)
    assert sales(link) == ["paid"]


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_of_two_late_payments_at_once_terms_take_one(merchant, round_no):
    # Given
    link = payment_link(merchant)
    deeds = [money_comes(tried(merchant, link, is_closed=True)) for _ in range(2)]

    # When
    at_once(*deeds)

    # Then
    assert sales(link) == ["paid", "paid_late"]
    assert sorted(ParkedMoney.objects.values_list("status", flat=True)) == ["accepted", "waiting"]


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_of_two_who_pay_two_payments_at_once_one_is_the_sale(merchant, round_no):
    # Given two payments of one link that may both be paid, however that came to be
    link = payment_link(merchant)
    deeds = [money_comes(tried(merchant, link)) for _ in range(2)]

    # When
    at_once(*deeds)

    # Then
    assert sales(link) == ["conflicted", "paid"]
    second = Payment.objects.get(status="conflicted")
    assert second.status_code == "link_paid"
    assert second.parked.get().amount_minor == 10_000


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_people_who_take_late_money_and_a_payer_who_pays_make_one_sale(merchant, round_no):
    # Given late money beside a payment under way, for which two people are asked
    link = payment_link(merchant)
    under_way = tried(merchant, link)
    late = late_money(merchant, link=link)
    asked(late, "accept")
    pays = money_comes(under_way)

    # When
    decided, _paid = at_once(lambda: agreed(late), pays)

    # Then who was first has the sale; people have not agreed to another beside it
    if isinstance(decided, StaleApprovalError):
        assert sales(link) == ["paid", "paid_late"]
    else:
        assert sales(link) == ["conflicted", "paid"]
        assert Payment.objects.get(pk=late.payment_id).status == "paid"
