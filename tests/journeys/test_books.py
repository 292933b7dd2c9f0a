"""An auditor goes from the trial balance to the payment that made a figure, click by click."""

import csv

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from payments.models import Payment
from tests.factories.payments import UserFactory
from tests.factories.settlements import available_money, house, settled_merchant
from tests.instants import NEXT_NOON
from tests.journeys.conftest import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def books(transactional_db, settings, tmp_path):
    """It is Friday noon; a merchant was paid 123.45 and 78.55 on Thursday."""
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False
    auditor = UserFactory(username="an", is_staff=True)
    auditor.set_password(PASSWORD)
    auditor.save()
    auditor.groups.add(Group.objects.get(name="auditor"))
    merchant = settled_merchant()
    available_money(merchant, channel=house().channel, amounts_minor=[12_345, 7_855])
    return merchant


def test_from_the_trial_balance_to_the_payment(books, desk_of):
    # Given: the line on the home page leads to the trial balance
    page = desk_of("an")
    page.get_by_role("link", name="Books balanced").click()
    expect(page.get_by_text("CNY balances: debits equal credits")).to_be_visible()
    expect(page.get_by_text("remainder 0.00")).to_be_visible()

    # When: from the service fee to its accounts, to the merchant's, to an entry
    page.get_by_role("link", name="4001", exact=True).click()
    expect(page.get_by_role("link", name=books.name)).to_be_visible()
    page.get_by_role("link", name="4001", exact=True).click()
    expect(page.get_by_role("img", name="Balance at the end of each day, CNY")).to_be_visible()
    page.get_by_role("link", name="payment captured").first.click()

    # Then: the entry is drawn, and its cause is the payment
    expect(page.locator(".house-t")).to_have_count(4)
    payment = Payment.objects.order_by("pk").first()
    page.locator(f'a[href="/admin/payments/payment/{payment.pk}/change/"]').first.click()
    expect(page.get_by_text("123.45").first).to_be_visible()
    assert payment.pk in page.url


def test_a_report_is_taken_away(books, desk_of):
    # Given
    page = desk_of("an")
    page.goto("/admin/ledger/account/journal-book/?last=2026-12-31&code=4001")

    # When
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()

    # Then
    assert download.value.suggested_filename == "journal__2026-12-31.csv"
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[-1] for row in rows] == ["Credit", "2.47", "1.57"]
