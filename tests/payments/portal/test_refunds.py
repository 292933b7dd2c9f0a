"""A merchant's refunds in the portal: looked through, explained, asked for by those who may."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from zeal import zeal_ignore

from ledger.identifiers import new_id
from ledger.models import AuditEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Refund
from payments.portal import explanations, refunds
from payments.portal.refunds import PAGE_SIZE
from payments.states import RefundStatus
from tests.factories.payments import (
    AlipayAccountFactory,
    FeePlanFactory,
    MemberFactory,
    MerchantFactory,
    answered_refund,
    failed_refund,
    owed_payment,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.factories.terms import put_on_plan
from tests.instants import NEXT_NOON, NOON
from tests.rig.pages import tables, words
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

PATH = "/portal/refunds/"


@pytest.fixture
def member(client):
    member = MemberFactory()
    client.force_login(member.user)
    return member


@pytest.fixture
def other():
    return MerchantFactory()


@pytest.fixture
def payment(member, other):
    """Return 70.00 of ours and 30.00 of another's, paid at NOON."""
    return paid_payment(member.merchant, other, amounts_minor=(7_000, 3_000))


def ask_page(payment) -> str:
    return f"/portal/payments/{payment.pk}/refund/"


def ask(client: Client, payment, amount: str, *, reason: str = "Broken", number: str = ""):
    return client.post(
        ask_page(payment),
        {"amount": amount, "reason": reason, "number": number or new_id("rfn")},
        follow=True,
    )


def page_rows(client, query=""):
    found = tables(client.get(PATH + query))
    return found[0][1:] if found else []


# --- looking ------------------------------------------------------------------------------------


def test_lists_the_merchants_share_of_each_refund_newest_first(client, member, other, payment):
    # Given
    whole = refunded(refund_asked(payment, refund_no="RF-1"))
    mine = refund_asked(
        paid_payment(member.merchant, at=NEXT_NOON),
        amount_minor=1_000,
        refund_no="RF-2",
        at=NEXT_NOON,
    )
    refund_asked(paid_payment(other), refund_no="RF-3")

    # When
    rows = page_rows(client)

    # Then
    assert rows == [
        [
            f"RF-2{mine.pk}",
            mine.payment.merchant_order_no,
            "2026-03-06 12:00",
            "submitting",
            "0.20 CNY",
            "10.00 CNY",
        ],
        [
            f"RF-1{whole.pk}",
            payment.merchant_order_no,
            "2026-03-05 12:00",
            "succeeded",
            "1.40 CNY",
            "70.00 CNY",
        ],
    ]


def test_teaches_when_there_are_none(client, member):
    text = words(client.get(PATH))

    assert "No refunds yet" in text
    assert "Open a payment that was paid and choose Refund" in text


def test_a_refund_says_what_became_of_the_money(client, member, payment):
    # Given
    refund = refund_asked(payment, merchant_id=member.merchant.pk, refund_no="RF-1")
    address = f"{PATH}{refund.pk}/"

    # When / Then
    asked = words(client.get(address))
    assert "The money was taken from your balance" in asked
    assert "To the payer 70.00 CNY" in asked
    assert "Fee returned to you −1.40 CNY" in asked
    assert "From your balance 68.60 CNY" in asked
    answered_refund(refund, Outcome(OutcomeKind.UNKNOWN, code="TIMEOUT"))
    assert "Do not refund it a second time." in words(client.get(address))
    refunded(refund)
    assert "The channel has given the payer the money back." in words(client.get(address))


def test_one_that_failed_and_was_made_after_all_is_not_to_be_repeated(client, payment):
    # Given
    refund = refund_asked(payment)
    failed_refund(refund)
    address = f"{PATH}{refund.pk}/"
    assert "The payer got nothing" in words(client.get(address))

    # When
    refunded(refund)

    # Then
    said = words(client.get(address))
    assert "The payer got nothing" not in said
    assert "Do not refund it a second time." in said


def test_every_state_is_explained():
    assert set(explanations.REFUND) == set(RefundStatus)
    assert set(explanations.REFUND_TONES) <= set(RefundStatus)


def test_foreign_missing_and_malformed_ids_are_404_alike(client, member, other, payment):
    foreign = refund_asked(payment, shares={other.pk: 100})
    theirs = paid_payment(other)

    for name in (foreign.pk, new_id("ref"), new_id("pay"), "17"):
        assert client.get(f"{PATH}{name}/").status_code == 404
    for name in (theirs.pk, new_id("pay"), new_id("ref"), "17"):
        assert client.get(f"/portal/payments/{name}/").status_code == 404
        assert client.get(f"/portal/payments/{name}/refund/").status_code == 404
        with nothing_written():
            response = client.post(
                f"/portal/payments/{name}/refund/", {"amount": "1", "reason": "Broken"}
            )
        assert response.status_code == 404


@pytest.mark.parametrize("before", ["", "1", "ral_x", "%00", "pal_" + "0" * 26])
def test_knows_no_page_that_was_never_named(client, member, before):
    assert client.get(f"{PATH}?before={before}").status_code == 404


@pytest.fixture
def three(member) -> dict[str, str]:
    """Return refunds of 10.00 and 20.00 of one payment and one of 30.00 of Friday's."""
    one = paid_payment(member.merchant)
    two = paid_payment(member.merchant, at=NEXT_NOON)
    first = refund_asked(one, amount_minor=1_000, refund_no="A-1")
    second = refunded(refund_asked(one, amount_minor=2_000, refund_no="A-2"))
    third = refund_asked(two, amount_minor=3_000, refund_no="A-3", at=NEXT_NOON)
    operation = third.operation
    operation.channel_ref = "2026030622001"
    operation.save(update_fields=["channel_ref"])
    return {
        "first": f"A-1{first.pk}",
        "second": f"A-2{second.pk}",
        "third": f"A-3{third.pk}",
        "id": first.pk,
        "order": one.merchant_order_no,
        "channel_no": operation.channel_no,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=succeeded", ["second"]),
        ("method=alipay_qr", ["third", "second", "first"]),
        ("method=wechat_native", []),
        ("from_amount=20", ["third", "second"]),
        ("to_amount=20.00", ["second", "first"]),
        ("from_date=2026-03-06", ["third"]),
        ("to_date=2026-03-05", ["second", "first"]),
        ("reference={id}", ["first"]),
        ("reference=A-3", ["third"]),
        ("reference={order}", ["second", "first"]),
        ("reference={channel_no}", ["third"]),
        ("reference=2026030622001", ["third"]),
        ("reference=2026030622001&status=succeeded", []),
    ],
)
def test_looks_for_what_was_asked(client, three, query, names):
    found = [row[0] for row in page_rows(client, "?" + query.format(**three))]

    assert found == [three[name] for name in names]


def test_goes_on_where_the_page_before_ended_and_keeps_what_was_sought(client, member):
    # Given
    payment = paid_payment(member.merchant, amounts_minor=(100_000,))
    numbers = [
        refund_asked(payment, amount_minor=100, refund_no=f"A-{place:03}").merchant_refund_no
        for place in range(PAGE_SIZE + 2)
    ]

    # When
    first = client.get(f"{PATH}?status=submitting")
    older = re.search(r'href="(\?[^"]+)" rel="next"', first.content.decode())[1]
    second = page_rows(client, older.replace("&amp;", "&"))

    # Then
    assert "status=submitting" in older
    found = [row[0][:5] for row in tables(first)[0][1:] + second]
    assert sorted(found) == numbers
    assert len(second) == 2


@pytest.mark.parametrize("page", [PATH, "/portal/payments/"])
def test_costs_the_same_for_three_and_for_twenty(client, member, page):
    # Given
    channel = AlipayAccountFactory()
    costs = []
    for count in (3, 17):
        for _ in range(count):
            payment = paid_payment(member.merchant, channel=channel)
            refund_asked(payment, amount_minor=100)
        client.get(page)

        # When
        with CaptureQueriesContext(connection) as queries:
            assert len(tables(client.get(f"{page}?reference="))[0]) in {4, 21}
        costs.append(len(queries))

    # Then
    assert costs[0] == costs[1] <= 7


# --- asking -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["owner", "operator"])
def test_who_may_refunds_a_part_of_its_own_share(client, payment, member, role):
    # Given
    member.role = role
    member.save(update_fields=["role"])
    shown = client.get(ask_page(payment))
    assert "Left 70.00 CNY" in words(shown)
    assert (
        f'href="{ask_page(payment)}"'
        in client.get(f"/portal/payments/{payment.pk}/").content.decode()
    )

    # When
    response = ask(client, payment, "12.50", reason="Broken cup")

    # Then
    refund = Refund.objects.get()
    assert response.redirect_chain == [(f"{PATH}{refund.pk}/", 302)]
    assert "the channel is being asked to give it back" in words(response)
    assert (refund.amount_minor, refund.merchant, refund.reason) == (
        1_250,
        member.merchant,
        "Broken cup",
    )
    assert refund.requested_by == f"member:{member.pk}"
    assert refund.allocations.get().allocation.merchant == member.merchant


def test_a_viewer_sees_refunds_and_asks_for_none(client, payment, member):
    # Given
    member.role = "viewer"
    member.save(update_fields=["role"])
    refund_asked(payment)

    # When / Then
    assert len(page_rows(client)) == 1
    assert ask_page(payment) not in client.get(f"/portal/payments/{payment.pk}/").content.decode()
    with nothing_written():
        for response in (client.get(ask_page(payment)), ask(client, payment, "1")):
            assert response.status_code == 403


def test_nobody_is_asked_to_sign_in(client, payment):
    with nothing_written():
        for address in (PATH, f"{PATH}{new_id('ref')}/", ask_page(payment)):
            response = (
                Client().post(address) if address == ask_page(payment) else Client().get(address)
            )
            assert response.status_code == 302
            assert response["Location"].startswith("/accounts/login/")


def test_sent_twice_it_refunds_once_and_leads_to_the_first(client, payment):
    # Given
    number = new_id("rfn")
    ask(client, payment, "70.00", number=number)

    # When
    with nothing_written():
        response = ask(client, payment, "70.00", number=number)

    # Then
    assert response.redirect_chain == [(f"{PATH}{Refund.objects.get().pk}/", 302)]


@pytest.mark.parametrize(
    ("amount", "complaint"),
    [
        ("70.01", "At most 70.00 CNY is left of it."),
        ("0", "Write an amount such as 12.34."),
        ("-1", "Write an amount such as 12.34."),
        ("1e2", "Write an amount such as 12.34."),
        ("1.005", "Write an amount such as 12.34."),
        ("１２", "Write an amount such as 12.34."),
        ("", "This field is required."),
    ],
)
def test_an_amount_that_cannot_go_back_is_explained(client, payment, amount, complaint):
    with nothing_written():
        response = ask(client, payment, amount)

    assert complaint in words(response)


@pytest.mark.parametrize(
    ("reason", "complaint"),
    [
        ("right to left \u202e override", "Control and invisible characters are not taken."),
        ("two\nlines", "Control and invisible characters are not taken."),
        ("card 4111 1111 1111 1111", "This looks like a bank card's number"),
    ],
)
def test_a_reason_is_plain_text_without_card_numbers(client, payment, reason, complaint):
    with nothing_written():
        response = ask(client, payment, "1", reason=reason)

    assert complaint in words(response)


@pytest.mark.parametrize(
    ("reason", "number"), [("", "rfn_" + "0" * 26), ("x" * 81, "rfn_" + "0" * 26), ("A", "mine")]
)
def test_a_reason_and_our_number_are_needed(client, payment, reason, number):
    with nothing_written():
        response = ask(client, payment, "1", reason=reason, number=number)

    assert response.status_code == 200


def test_a_refusal_says_what_became_of_the_money_and_is_noted(client, payment, member, monkeypatch):
    # Given somebody else refunds most of it between the form and the deed
    start = refunds._start

    def late(*arguments):
        with zeal_ignore():  # two deeds of two people, in one request of this test
            refund_asked(payment, amount_minor=6_900, merchant_id=member.merchant.pk)
        return start(*arguments)

    monkeypatch.setattr(refunds, "_start", late)

    # When
    response = ask(client, payment, "2.00")

    # Then
    noted = AuditEntry.objects.get(action="refund.create.refused")
    assert "At most 1.00 CNY is left of it. No money has moved." in words(response)
    assert (noted.actor, noted.subject, noted.reason) == (
        f"member:{member.pk}",
        payment.pk,
        "refund_too_large",
    )
    assert Refund.objects.count() == 1


def test_what_was_not_paid_cannot_go_back(client, member):
    owed = owed_payment(member.merchant)

    assert "This payment was not paid" in words(client.get(ask_page(owed)))
    with nothing_written():
        ask(client, owed, "1")


def test_without_enough_money_it_waits_and_says_so(client, member):
    # Given a merchant whose fee is kept, so that 2.00 are missing
    put_on_plan(member.merchant, FeePlanFactory(refund_policy="keep"))
    payment = paid_payment(member.merchant)

    # When
    response = ask(client, payment, "100.00")

    # Then
    assert Refund.objects.get().status == "funding_required"
    assert "Your balance is not enough for it. No money has moved yet" in words(response)


def test_above_the_threshold_it_waits_for_a_person(client, payment, settings):
    settings.REFUND_APPROVAL_ABOVE = {}

    response = ask(client, payment, "1")

    assert "Waits until a person of the platform approves it." in words(response)
    assert Refund.objects.get().approval.maker.startswith("member:")


def test_a_payments_page_shows_its_numbers_and_what_went_back(client, member, payment):
    # Given
    refund = refund_asked(payment, merchant_id=member.merchant.pk, refund_no="RF-1")
    operation = payment.attempts.get().operation

    # When
    response = client.get(f"/portal/payments/{payment.pk}/")

    # Then
    text = words(response)
    assert "Amount 70.00 CNY Fee −1.40 CNY Net 68.60 CNY Available on 2026-03-06" in text
    assert operation.channel_no in text
    assert tables(response)[0][1][0] == f"RF-1{refund.pk}"
    assert ask_page(payment) not in response.content.decode()


def test_a_merchant_who_left_the_payment_alone_sees_only_its_own_refunds(client, payment, other):
    refund_asked(payment, shares={other.pk: 100}, at=NOON + timedelta(hours=1))

    assert tables(client.get(f"/portal/payments/{payment.pk}/")) == []
