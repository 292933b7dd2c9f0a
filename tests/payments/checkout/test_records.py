"""A payer's own payments and refunds: in their own session, in their own browser, and no others."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from payments.checkout import records
from payments.checkout.records import PAGE_SIZE, PAYMENT_GROUPS, REFUND_GROUPS, WORDS
from payments.states import PaymentStatus, RefundStatus
from tests.factories.payments import (
    AlipayAccountFactory,
    FeePlanFactory,
    MerchantFactory,
    minted_session,
    owed_payment,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.instants import NEXT_NOON
from tests.rig.pages import words
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

ROW = re.compile(r'<p class="note reference">(.*?)</p>')


@pytest.fixture
def shop():
    return MerchantFactory(name="Old Tea House")


@pytest.fixture
def path(client, shop) -> str:
    """Return the address of a session of payer P-1 that this browser has opened."""
    minted = minted_session(owed_payment(shop, amounts_minor=(100,), payer_no="P-1"))
    address = f"/checkout/{minted.token}"
    assert client.get(address).status_code == 200
    return address


def listed(client, address: str) -> list[str]:
    """Return the ids on a page, in their order."""
    response = client.get(address)
    assert response.status_code == 200
    return [found.split(" · ")[1] for found in ROW.findall(response.content.decode())]


@pytest.fixture
def bought(shop, path) -> dict[str, str]:
    """Return what P-1 bought: 50.00 on Thursday, 200.00 on Friday, part of which went back."""
    one = paid_payment(shop, amounts_minor=(5_000,), payer_no="P-1")
    two = paid_payment(
        shop,
        MerchantFactory(name="Ink Co"),
        amounts_minor=(15_000, 5_000),
        payer_no="P-1",
        at=NEXT_NOON,
    )
    first = refunded(refund_asked(one, amount_minor=1_000, refund_no="A-1"))
    second = refund_asked(two, amount_minor=20_000, refund_no="A-2", at=NEXT_NOON)
    operation = two.attempts.get().operation
    operation.channel_ref = "2026030622001"
    operation.save(update_fields=["channel_ref"])
    owed = owed_payment(shop, payer_no="P-1", at=NEXT_NOON)
    return {
        "one": one.pk,
        "two": two.pk,
        "owed": owed.pk,
        "first": first.pk,
        "second": second.pk,
        "order": two.merchant_order_no,
        "channel_no": operation.channel_no,
    }


def test_a_payer_sees_what_they_paid_to_whom(client, path, bought):
    # When
    response = client.get(f"{path}/payments")

    # Then
    text = words(response)
    assert listed(client, f"{path}/payments")[:3] == [bought["owed"], bought["two"], bought["one"]]
    assert "Old Tea House · Ink Co 200.00 CNY Goods paid 2026-03-06 12:00 · Alipay QR code" in text
    assert "100.00 CNY Goods not paid yet" in text


def test_a_payer_sees_what_went_back(client, path, bought):
    # When
    response = client.get(f"{path}/refunds")

    # Then
    text = words(response)
    assert listed(client, f"{path}/refunds") == [bought["second"], bought["first"]]
    assert "200.00 CNY Returned goods being worked on" in text
    assert "10.00 CNY Returned goods given back 2026-03-05 12:00" in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("payments?status=paid", ["two", "one"]),
        ("payments?status=paid&method=alipay_qr&to_amount=50", ["one"]),
        ("payments?method=wechat_native", []),
        ("payments?from_amount=200", ["two"]),
        ("payments?from_date=2026-03-06&status=paid", ["two"]),
        ("payments?to_date=2026-03-05&status=paid", ["one"]),
        ("payments?reference={one}", ["one"]),
        ("payments?reference={order}", ["two"]),
        ("payments?reference={channel_no}", ["two"]),
        ("payments?reference=2026030622001", ["two"]),
        ("refunds?status=given_back", ["first"]),
        ("refunds?status=under_way", ["second"]),
        ("refunds?status=not_given", []),
        ("refunds?method=alipay_qr&from_amount=10.01", ["second"]),
        ("refunds?to_date=2026-03-05", ["first"]),
        ("refunds?reference=A-1", ["first"]),
        ("refunds?reference={order}", ["second"]),
    ],
)
def test_looks_for_what_was_asked(client, path, bought, query, names):
    found = listed(client, f"{path}/{query.format(**bought)}")

    assert found == [bought[name] for name in names]


def test_nothing_of_another_payer_is_found_by_any_number(client, path, shop):
    # Given
    theirs = paid_payment(shop, payer_no="P-2")
    refund = refund_asked(theirs, refund_no="THEIRS")

    # When / Then
    for number in (theirs.pk, theirs.merchant_order_no, "P-2", refund.pk, "THEIRS"):
        for noun in ("payments", "refunds"):
            assert listed(client, f"{path}/{noun}?reference={number}") == []
    assert theirs.pk not in listed(client, f"{path}/payments")
    assert listed(client, f"{path}/refunds") == []


def test_a_number_opens_nothing_of_whom_others_know_by_it(shop):
    # Given P-1 of the platform, who paid at the shop, and of another merchant
    ink = MerchantFactory(name="Ink Co")
    theirs = [
        paid_payment(shop, payer_no="P-1"),
        paid_payment(ink, payer_no="P-1", created_by=ink),
    ]
    for payment in theirs:
        refund_asked(payment)

    # When the shop names P-1 too, and opens their page itself
    payment = owed_payment(shop, payer_no="P-1", created_by=shop)
    browser = Client()
    address = f"/checkout/{minted_session(payment).token}"
    assert browser.get(address).status_code == 200

    # Then
    assert listed(browser, f"{address}/payments") == [payment.pk]
    assert listed(browser, f"{address}/refunds") == []
    assert listed(browser, f"{address}/payments?reference=P-1") == [payment.pk]
    assert listed(browser, f"{address}/payments?reference={theirs[0].merchant_order_no}") == []


def test_another_browser_and_one_that_never_opened_it_see_nothing(client, path, bought, shop):
    # Given
    unopened = minted_session(owed_payment(shop, payer_no="P-1"))

    # When / Then
    for address in (path, f"/checkout/{unopened.token}"):
        for noun in ("payments", "refunds"):
            with nothing_written():
                response = Client().get(f"{address}/{noun}")
            assert response.status_code == 403
            assert "Old Tea House" not in words(response)


def test_a_payment_link_and_an_unknown_address_have_no_records(client, shop):
    link = minted_session(owed_payment(shop))
    assert client.get(f"/checkout/{link.token}").status_code == 200

    for token in (link.token, "nonsense"):
        for noun in ("payments", "refunds"):
            assert client.get(f"/checkout/{token}/{noun}").status_code == 404


def test_the_pages_lead_to_each_other(client, path):
    assert f'href="{path}/payments"' in client.get(path).content.decode()
    shown = client.get(f"{path}/payments").content.decode()
    assert f'href="{path}/refunds"' in shown
    assert f'href="{path}"' in shown
    assert "When a shop gives you money back" in words(client.get(f"{path}/refunds"))


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_they_can_only_be_read(client, path, method):
    for noun in ("payments", "refunds"):
        assert getattr(client, method)(f"{path}/{noun}").status_code == 405


def test_pages_of_money_are_kept_by_no_cache(client, path):
    assert "no-store" in client.get(f"{path}/payments")["Cache-Control"]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("status=risk_review", "Select a valid choice."),
        ("from_amount=1e2", "Write an amount such as 12.34."),
        ("from_date=2026-03-06&to_date=2026-03-05", "The range ends before it begins."),
        ("reference=%00", "Null characters are not allowed."),
    ],
)
def test_a_question_that_makes_no_sense_is_explained(client, path, query, complaint):
    text = words(client.get(f"{path}/payments?{query}"))

    assert complaint in text
    assert "nothing was looked for" in text


@pytest.mark.parametrize("before", ["", "1", "ref_" + "0" * 26, "%00"])
def test_knows_no_page_that_was_never_named(client, path, before):
    assert client.get(f"{path}/payments?before={before}").status_code == 404


def test_goes_on_where_the_page_before_ended(client, path, shop):
    # Given
    made = [owed_payment(shop, payer_no="P-1").pk for _ in range(PAGE_SIZE + 1)]

    # When
    first = listed(client, f"{path}/payments?status=open")
    second = listed(client, f"{path}/payments?status=open&before={first[-1]}")

    # Then
    assert len(first) == PAGE_SIZE
    assert set(made) <= {*first, *second}
    assert len({*first, *second}) == PAGE_SIZE + 2
    shown = client.get(f"{path}/payments?status=open").content.decode()
    assert f"?status=open&amp;before={first[-1]}" in shown


def test_amounts_of_two_currencies_need_one_of_them(client, path):
    yen = MerchantFactory(fee_plan=FeePlanFactory(currency="JPY"))
    paid = paid_payment(yen, amounts_minor=(10_000,), payer_no="P-1")

    assert "Choose the currency of the amount." in words(
        client.get(f"{path}/payments?from_amount=1")
    )
    found = listed(client, f"{path}/payments?from_amount=10000&currency=JPY")
    assert found == [paid.pk]


def test_every_state_has_its_words():
    for states, groups in ((PaymentStatus, PAYMENT_GROUPS), (RefundStatus, REFUND_GROUPS)):
        named = [status for statuses in groups.values() for status in statuses]
        assert sorted(named) == sorted(states)
    further = {records.IN_PART, *records.LET_GO.values()}
    assert {*PAYMENT_GROUPS, *REFUND_GROUPS, *further} == set(WORDS)
    assert set(records.TONES) <= set(WORDS)


@pytest.mark.parametrize("noun", ["payments", "refunds"])
def test_a_page_costs_the_same_for_two_and_for_ten(client, path, shop, noun):
    # Given
    channel = AlipayAccountFactory()
    costs = []
    for count in (2, 8):
        for _ in range(count):
            refund_asked(
                paid_payment(
                    shop,
                    MerchantFactory(),
                    amounts_minor=(500, 500),
                    payer_no="P-1",
                    channel=channel,
                )
            )

        # When
        with CaptureQueriesContext(connection) as queries:
            listed(client, f"{path}/{noun}")
        costs.append(len(queries))

    # Then: the session, the currencies, the rows, and whose they are
    assert costs[0] == costs[1] <= 7
