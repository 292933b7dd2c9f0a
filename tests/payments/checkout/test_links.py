"""The page of a payment link: opened by anybody, begun by a button, paid once or several times."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from ledger.models import AuditEntry
from payments.actions import link_payments, links
from payments.models import Merchant, Payment
from payments.queries import links as link_queries
from tests.factories.payments import AlipayAccountFactory, MerchantFactory, payment_link
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written

MINUTE, MOMENT = timedelta(minutes=1), timedelta(microseconds=1)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_noon():
    """Let every request of these tests come in at NOON."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def link():
    return payment_link(MerchantFactory(name="Old Tea House"))


def path(link) -> str:
    return f"/checkout/link/{link.code}"


def begin(client: Client, link):
    return client.post(f"{path(link)}/begin")


def bring(payment: Payment, *steps: str) -> None:
    for step in steps:
        Payment.objects.filter(pk=payment.pk).update(status=step)


def pay(payment: Payment) -> None:
    bring(payment, "awaiting_payment", "paid")


def test_it_says_who_asks_and_how_much_and_writes_nothing(client, link):
    with nothing_written():
        page = client.get(path(link))
        glance = client.head(path(link))
    assert (page.status_code, glance.status_code) == (200, 200)
    text = words(page)
    for said in ("Old Tea House", "100.00", "CNY", "Tea for two", "You are asked to pay"):
        assert said in text
    assert "no-store" in page["Cache-Control"]
    assert set(page.cookies) == {"csrftoken"}


def test_the_button_begins_a_payment_and_leads_to_its_checkout(client, link):
    # Given
    AlipayAccountFactory()

    # When
    answer = begin(client, link)

    # Then
    payment = Payment.objects.get()
    assert payment.link_id == link.pk
    page = client.get(answer["Location"])
    assert "How do you want to pay?" in words(page)
    cookie = answer.cookies[f"tianping_{link.pk}"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", path(link))


def test_pressed_again_the_same_browser_goes_on(client, link):
    first = begin(client, link)
    with nothing_written():
        assert begin(client, link)["Location"] == first["Location"]


def test_it_cannot_be_begun_from_another_site(link):
    strict = Client(enforce_csrf_checks=True)
    with nothing_written():
        assert begin(strict, link).status_code == 403
        assert strict.get(f"{path(link)}/begin").status_code == 405


def test_what_may_be_paid_once_says_that_it_is_paid_to_everybody(client, link):
    # Given
    begin(client, link)
    pay(Payment.objects.get())

    # When, Then: who paid finds what they paid, a stranger does not
    mine, theirs = client.get(path(link)), Client().get(path(link))
    assert "This has been paid" in words(mine)
    assert "See what you paid" in words(mine)
    assert "This has been paid" in words(theirs)
    assert "See what you paid" not in words(theirs)


@pytest.mark.parametrize(
    "steps",
    [
        ["awaiting_payment", "conflicted"],
        ["closed", "paid_late"],
        ["closed", "paid_late", "refunding_late"],
    ],
)
def test_money_that_may_not_stay_is_not_called_arrived(client, link, steps):
    # Given
    begin(client, link)
    bring(Payment.objects.get(), *steps)

    # When, Then
    for page in (client.get(path(link)), Client().get(path(link))):
        assert "Money came, and is being looked at" in words(page)
        assert "please do not pay again" in words(page)
        assert "has been paid" not in words(page)
    assert "See what you paid" in words(client.get(path(link)))

    # When somebody tries all the same
    with nothing_written(but=ITS_OWN_REFUSAL):
        begin(Client(), link)

    # Then also once its time is over nobody reads that nothing was taken
    with time_machine.travel(link.expires_at, tick=False):
        assert "Money came, and is being looked at" in words(Client().get(path(link)))


def test_once_the_money_has_gone_back_it_can_be_paid_again(client, link):
    # Given
    begin(client, link)
    bring(Payment.objects.get(), "closed", "paid_late", "refunding_late", "refunded_late")

    # When, Then
    assert "You are asked to pay" in words(client.get(path(link)))
    begin(client, link)
    assert Payment.objects.count() == 2


def test_whose_money_is_looked_at_does_not_read_that_it_arrived(client):
    # Given
    link = payment_link(is_single_use=False)
    begin(client, link)
    bring(Payment.objects.get(), "awaiting_payment", "conflicted")

    # When, Then
    assert "Your money came, and is being looked at" in words(client.get(path(link)))
    assert "Your money has arrived" not in words(client.get(path(link)))
    assert "You are asked to pay" in words(Client().get(path(link)))


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_who_has_paid_is_not_told_after_its_end_that_nothing_was_taken(client, end):
    # Given
    link = payment_link(is_single_use=False)
    begin(client, link)
    pay(Payment.objects.get())
    at = link.expires_at if end == "expired" else NOON
    if end == "cancelled":
        links.end_link(link.pk, merchant_id=link.merchant_id, actor="member:1", at=NOON)

    # When, Then
    with time_machine.travel(at, tick=False):
        mine, theirs = words(client.get(path(link))), words(Client().get(path(link)))
    assert "What you paid by it stays as it is. See what you paid" in mine
    assert ("nothing was taken" in mine.lower(), "nothing was taken" in theirs.lower()) == (
        False,
        True,
    )


def test_what_may_be_paid_several_times_offers_it_once_more(client):
    # Given
    link = payment_link(is_single_use=False)
    begin(client, link)
    pay(Payment.objects.get())

    # When, Then
    assert "You have paid this" in words(client.get(path(link)))
    begin(client, link)
    assert Payment.objects.count() == 2
    assert "You are asked to pay" in words(Client().get(path(link)))


def test_who_presses_too_late_is_told_and_nothing_is_begun(client, link):
    # Given
    links.end_link(link.pk, merchant_id=link.merchant_id, actor="member:1", at=NOON)

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        answer = begin(client, link)

    # Then
    assert answer["Location"] == path(link)
    assert "This link was cancelled" in words(client.get(path(link)))
    refusal = AuditEntry.objects.get(action="payment_link.begin.refused")
    assert refusal.subject == link.pk
    assert Payment.objects.count() == 0


def test_of_many_presses_that_are_refused_a_minute_keeps_a_few(client, link, monkeypatch):
    # Given
    monkeypatch.setattr(link_queries, "REFUSALS_MAX", 2)
    links.end_link(link.pk, merchant_id=link.merchant_id, actor="member:1", at=NOON)
    for _press in range(2):
        begin(client, link)

    # When, Then everybody is told still
    with nothing_written():
        answer = begin(client, link)
        with time_machine.travel(NOON + MINUTE - MOMENT, tick=False):
            begin(Client(), link)
    assert answer["Location"] == path(link)
    assert "was cancelled" in words(client.get(path(link)))
    kept = AuditEntry.objects.filter(action="payment_link.begin.refused", subject=link.pk)
    assert set(kept.values_list("reason", flat=True)) == {"payment_link_cancelled"}
    assert kept.count() == 2

    # When another link's visitor is refused, and the next minute begins
    other = payment_link()
    links.end_link(other.pk, merchant_id=other.merchant_id, actor="member:1", at=NOON)
    with nothing_written(but=ITS_OWN_REFUSAL):
        begin(client, other)
    with time_machine.travel(NOON + MINUTE, tick=False), nothing_written(but=ITS_OWN_REFUSAL):
        begin(client, link)


def test_who_presses_among_too_many_is_told_to_try_again_and_leaves_no_row(
    client, link, monkeypatch
):
    # Given
    monkeypatch.setattr(link_payments, "BEGUN_MAX", 1)
    begin(Client(), link)

    # When
    with nothing_written():
        answer = begin(client, link)

    # Then
    assert answer["Location"] == path(link)
    page = words(client.get(path(link)))
    assert "Nothing was taken from you. Try again in a minute." in page


def test_after_its_end_it_says_so(client, link):
    with time_machine.travel(NOON + timedelta(days=7), tick=False), nothing_written():
        assert "The time to pay has run out" in words(client.get(path(link)))


def test_of_a_merchant_who_takes_nothing_now_it_says_so(client, link):
    Merchant.objects.update(is_active=False)
    with nothing_written():
        assert "Nothing can be paid here now" in words(client.get(path(link)))


def test_an_unknown_address_is_not_found(client):
    with nothing_written():
        assert client.get("/checkout/link/nobody").status_code == 404
        assert client.post("/checkout/link/nobody/begin").status_code == 404


def test_it_asks_the_database_a_fixed_number_of_questions(client, link, django_assert_num_queries):
    for _ in range(3):
        link_payments.begin_payment(link.pk, at=NOON)
    with django_assert_num_queries(1):
        client.get(path(link))
