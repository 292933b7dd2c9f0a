"""A merchant's payment links in the portal: made by those who may, never another merchant's."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ledger.identifiers import new_id
from payments.actions import link_payments
from payments.actions import links as actions
from payments.models import Payment, PaymentLink
from payments.portal import links
from payments.queries.links import address_of
from tests.factories.payments import MemberFactory, payment_link
from tests.instants import NOON
from tests.rig.pages import tables, words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/portal/links/"


@pytest.fixture(autouse=True)
def at_noon():
    """Let every request of these tests come in at NOON."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def member(client):
    member = MemberFactory()
    client.force_login(member.user)
    return member


def signed_in(member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def make(client: Client, **changes: str):
    form = {"amount": "88.50", "description": "Tea for two", "uses": "once"}
    form |= {"last_day": "2026-12-31", "number": new_id("lnk"), **changes}
    return client.post(f"{PATH}new/", form, follow=True)


def page_rows(client: Client, query: str = "") -> list[list[str]]:
    found = tables(client.get(PATH + query))
    return found[0][1:] if found else []


def begin(link: PaymentLink) -> Payment:
    link_payments.begin_payment(link.pk, at=NOON)
    return Payment.objects.get(link=link)


def test_who_has_none_is_told_how_to_make_one(client, member):
    assert "You need no shop and no programmer" in words(client.get(PATH))


def test_one_is_made_and_shown_with_its_code_and_address(client, member):
    # When
    page = make(client)

    # Then
    link = PaymentLink.objects.get()
    assert (link.merchant, link.amount_minor, link.currency) == (member.merchant, 8_850, "CNY")
    assert (link.description, link.is_single_use) == ("Tea for two", True)
    assert link.created_by == f"member:{member.pk}"
    # The last day is included, in BUSINESS_TIME_ZONE.
    assert link.expires_at.isoformat() == "2026-12-31T16:00:00+00:00"
    assert page.redirect_chain == [(f"{PATH}{link.pk}/", 302)]
    assert address_of(link) in page.content.decode()
    assert 'class="qr-code"' in page.content.decode()
    assert "Nobody has begun to pay yet." in words(page)


def test_a_form_that_is_sent_twice_makes_one(client, member):
    # Given
    number = new_id("lnk")
    make(client, number=number)

    # When, Then
    with nothing_written():
        page = make(client, number=number)
    assert page.redirect_chain[-1][0] == f"{PATH}{number}/"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "0"}, "Write an amount such as 12.34."),
        ({"amount": "1e3"}, "Write an amount such as 12.34."),
        ({"amount": "100000000000.01"}, "Write an amount such as 12.34."),
        ({"description": ""}, "This field is required."),
        ({"description": "a\u202eb"}, "invisible characters are not taken"),
        ({"last_day": "tomorrow"}, "This is not a day."),
        ({"number": "lnk_x"}, "Enter a valid value."),
    ],
)
def test_what_makes_no_sense_is_not_made(client, member, changes, said):
    with nothing_written():
        page = make(client, **changes)
    assert said in words(page)


def test_what_ended_already_is_refused(client, member):
    with nothing_written(but=ITS_OWN_REFUSAL):
        page = make(client, last_day="2020-01-01")
    assert "ends in the future, and within a year" in words(page)


def test_the_number_of_another_merchant_s_link_gives_nothing_away(client, member):
    # Given
    foreign = payment_link()

    # When, Then
    with nothing_written():
        page = make(client, number=foreign.pk)
    assert page.status_code == 404


def test_an_operator_makes_and_cancels_a_viewer_only_looks(member):
    # Given
    link = payment_link(member.merchant)
    operator = signed_in(MemberFactory(merchant=member.merchant, role="operator"))
    viewer = signed_in(MemberFactory(merchant=member.merchant, role="viewer"))

    # When, Then
    with nothing_written():
        assert make(viewer).status_code == 403
        assert viewer.get(f"{PATH}new/").status_code == 403
        assert viewer.post(f"{PATH}{link.pk}/cancel/").status_code == 403
    assert "Make a link" not in words(viewer.get(PATH))
    assert "Cancel the link" not in words(viewer.get(f"{PATH}{link.pk}/"))
    assert address_of(link) in viewer.get(f"{PATH}{link.pk}/").content.decode()
    assert make(operator).status_code == 200
    page = operator.post(f"{PATH}{link.pk}/cancel/", follow=True)
    assert "Cancelled: nobody can begin to pay by it." in words(page)
    link.refresh_from_db()
    assert link.cancelled_at == NOON


def test_another_merchant_s_links_do_not_exist(client, member):
    # Given
    foreign = payment_link()

    # When, Then
    with nothing_written():
        assert page_rows(client) == []
        assert client.get(f"{PATH}{foreign.pk}/").status_code == 404
        assert client.post(f"{PATH}{foreign.pk}/cancel/").status_code == 404
        assert client.get(f"{PATH}lnk_nothing/").status_code == 404


def test_what_brought_doubtful_money_says_so_and_can_be_cancelled(client, member):
    # Given
    link = payment_link(member.merchant)
    link_payments.begin_payment(link.pk, at=NOON)
    for status in ("awaiting_payment", "conflicted"):
        Payment.objects.update(status=status)

    # When, Then
    page = words(client.get(f"{PATH}{link.pk}/"))
    assert "Where it stands being looked at" in page
    assert "Meanwhile nobody can pay by it; if the money goes back, somebody can again." in page
    assert "Cancel the link" in page
    client.post(f"{PATH}{link.pk}/cancel/")
    link.refresh_from_db()
    assert link.cancelled_at == NOON
    assert "Cancel the link" not in words(client.get(f"{PATH}{link.pk}/"))


def test_what_was_paid_cannot_be_cancelled(client, member):
    # Given
    link = payment_link(member.merchant)
    payment = begin(link)
    for status in ("awaiting_payment", "paid"):
        Payment.objects.filter(pk=payment.pk).update(status=status)

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        client.post(f"{PATH}{link.pk}/cancel/")
    page = client.get(f"{PATH}{link.pk}/")

    # Then
    assert "This payment link has been paid." in words(page)
    assert payment.pk in words(page)


def test_lists_them_newest_first_by_state_and_by_pages(client, member, monkeypatch):
    # Given
    monkeypatch.setattr(links, "PAGE_SIZE", 2)
    old, mid, new = (
        payment_link(member.merchant, amount_minor=minor, at=NOON - timedelta(minutes=ago))
        for minor, ago in ((100, 9), (200, 8), (300, 7))
    )
    actions.end_link(mid.pk, merchant_id=member.merchant_id, actor="member:1", at=NOON)

    # When, Then
    def ids(query=""):
        return [row[0][-len(new.pk) :] for row in page_rows(client, query)]

    assert ids() == [new.pk, mid.pk]
    assert ids(f"?before={mid.pk}") == [old.pk]
    assert ids("?state=cancelled") == [mid.pk]
    assert ids("?state=open") == [new.pk, old.pk]
    assert "No link of yours is in this state." in words(client.get(f"{PATH}?state=used"))
    assert client.get(f"{PATH}?state=nothing").status_code == 404
    assert client.get(f"{PATH}?before=pay_1").status_code == 404


def test_pages_ask_the_database_a_fixed_number_of_questions(client, member):
    # Given
    link = payment_link(member.merchant, is_single_use=False)
    client.get(PATH)

    def questions(path):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(path).status_code == 200
        return len(asked)

    one = questions(PATH), questions(f"{PATH}{link.pk}/")

    # When
    for _ in range(3):
        payment_link(member.merchant)
        link_payments.begin_payment(link.pk, at=NOON)

    # Then
    many = questions(PATH), questions(f"{PATH}{link.pk}/")
    assert many == one
