# ruff: noqa: F811  fixtures are imported
"""Refunds in the back office: explained on one page, asked for, decided by two, asked about."""

import pytest
from django.urls import reverse

from ledger.models import JournalEntry
from payments.models import BalanceTransaction
from tests.factories.payments import (
    refund_asked,
    refunded,
)
from tests.payments.admin.refund_pages import (  # noqa: F401
    at_noon,
    checker,
    held,
    maker,
    officer,
    page,
    payment,
    sellers,
)
from tests.rig.pages import tables, words

pytestmark = pytest.mark.django_db


# --- the pages ----------------------------------------------------------------------------------


def test_a_refund_is_explained_on_one_page(checker, sellers, payment):
    # Given
    shares = {seller.pk: minor for seller, minor in zip(sellers, (3_000, 500), strict=True)}
    refund = refunded(
        refund_asked(payment, shares=shares, unallocated_minor=100, refund_no="RF-1"),
        fee_minor=21,
    )

    # When
    response = checker.get(page(refund))

    # Then
    whose, lines, order, entries, *_ = tables(response)
    text, html = words(response), response.content.decode()
    assert "Amount 36.00 CNY" in text
    assert "Merchant's refund number RF-1" in text
    assert [[row[0], *row[2:]] for row in whose[1:]] == [
        ["Tea Co", "30.00 CNY", "0.60 CNY", "29.40 CNY"],
        ["Ink Co", "5.00 CNY", "0.10 CNY", "4.90 CNY"],
        ["belongs to no merchant", "1.00 CNY", "0.00 CNY", "1.00 CNY"],
        ["sum", "36.00 CNY", "0.70 CNY", "35.30 CNY"],
    ]
    assert [row[1:6] for row in lines[1:]] == [
        ["Tea Co", "refund", "−30.00 CNY", "−0.60 CNY", "−29.40 CNY"],
        ["Ink Co", "refund", "−5.00 CNY", "−0.10 CNY", "−4.90 CNY"],
    ]
    assert order[1][2] == "succeeded"
    assert [row[1] for row in entries[1:]] == ["refund requested"] * 3 + ["refund made"] * 3
    for what in ("refund: requested", "refund: submitting", "refund: succeeded", "order written"):
        assert what in text
    assert f'href="{page(payment)}"' in html
    for entry in JournalEntry.objects.filter(subject=refund.pk):
        assert f'href="{page(entry)}"' in html


def test_a_payments_page_has_its_refunds_and_what_they_booked(checker, payment, sellers):
    # Given
    refund = refund_asked(payment, shares={sellers[0].pk: 3_000}, refund_no="RF-1")

    # When
    response = checker.get(page(payment))

    # Then
    rows = [row for table in tables(response) for row in table if refund.pk in row]
    assert rows[0][1:4] == ["RF-1", "submitting", "30.00 CNY"]
    assert "refund requested" in words(response)


def test_the_list_finds_refunds_by_any_number(checker, payment):
    # Given
    refund = refund_asked(payment, refund_no="RF-1")
    address = reverse("admin:payments_refund_changelist")

    # When / Then
    for number in (refund.pk, "RF-1", payment.pk, payment.merchant_order_no):
        found = checker.get(address, {"q": number}).context["cl"].result_list
        assert [row.pk for row in found] == [refund.pk]
    assert checker.get(address, {"q": "RF-2"}).context["cl"].result_list == []
    assert "pending approval" in words(checker.get(address))


def test_a_line_of_a_refund_leads_to_the_refund(payment):
    # Given
    refund = refund_asked(payment, shares={payment.allocations.first().merchant_id: 100})
    line = BalanceTransaction.objects.get(kind="refund")

    # When
    response = officer("view_balancetransaction").get(page(line))

    # Then
    assert f"Cause {refund.pk}" in words(response)


def test_the_search_box_finds_refunds(checker, payment):
    refund = refund_asked(payment, refund_no="RF-1")

    for number in (refund.pk, "RF-1"):
        found = checker.get("/admin/search/", {"s": number}).context["results"]
        assert [result.link for result in found] == [page(refund)]


def test_what_waits_is_on_the_home_page(maker, checker, payment, held):
    # Given
    def waiting(client):
        return {thing.what: thing for thing in client.get("/admin/").context["waiting"]}

    # Then
    assert waiting(checker)["refunds to approve"].count == 1
    assert "refunds to approve" not in waiting(maker)
    found = {name: thing.count for name, thing in waiting(maker).items() if "refunds" in name}
    assert found == {
        "refunds without funds": 0,
        "refunds with unknown outcome": 0,
        "abnormal refunds": 0,
        "contradicted refunds": 0,
        "refunds that came back": 0,
    }
    listed = checker.get(waiting(checker)["refunds to approve"].url)
    assert [row.pk for row in listed.context["cl"].result_list] == [held.pk]
