"""Two people, two browsers: Lin submits, Wang approves, the file goes out, the merchant reads."""

import re
from dataclasses import dataclass

import pytest
from defusedxml import ElementTree as ET
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from ledger.models import AccountBalance, JournalEntry
from ledger.money import to_decimal_text
from payments.models import Merchant
from settlements.models import Payout, Settlement
from settlements.queries import integrity
from tests.factories.payments import MemberFactory, UserFactory
from tests.factories.settlements import House, available_money, house, settled_merchant
from tests.instants import NEXT_NOON
from tests.journeys.conftest import PASSWORD

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Office:
    """A house with one merchant, who has 198.00 of two payments available today."""

    ours: House
    merchant: Merchant


@pytest.fixture
def office(transactional_db, settings, tmp_path):
    """It is Friday noon. Lin makes and might check, Wang checks, Mei owns the merchant."""
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False
    with_password(UserFactory(username="lin", is_staff=True), "finance_maker", "finance_checker")
    with_password(UserFactory(username="wang", is_staff=True), "finance_checker")
    ours = house()
    merchant = settled_merchant(payout_fee_minor=100)
    member = MemberFactory(merchant=merchant, user__username="mei")
    with_password(member.user)
    available_money(merchant, channel=ours.channel, amounts_minor=[12_345, 7_855])
    return Office(ours=ours, merchant=merchant)


def with_password(user, *roles):
    user.set_password(PASSWORD)
    user.save()
    user.groups.add(*Group.objects.filter(name__in=roles))


def press(page, name):
    """Press a button of a page, and the one that asks whether it is meant; wait for the answer."""
    page.get_by_role("link", name=name).click()
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def on_the_books(code):
    row = AccountBalance.objects.get(account__code=code, account__currency="CNY")
    return to_decimal_text(row.balance_minor, "CNY")


def test_two_people_pay_a_merchant_who_reads_the_statement(office, desk_of):
    # Given: Lin drafts the day's settlements
    lin = desk_of("lin")
    lin.goto("/admin/settlements/settlementbatch/")
    press(lin, "Run settlement")
    settlement = Settlement.objects.get()
    assert (settlement.status, settlement.net_minor) == ("draft", 19_696)

    # When: Lin submits
    lin.goto(f"/admin/settlements/settlement/{settlement.pk}/")
    press(lin, "Submit settlement")

    # Then
    expect(lin.get_by_text("Submitted. Another person has to approve it now.")).to_be_visible()

    # When: Lin would approve as well
    lin.get_by_role("link", name="Approve settlement").click()

    # Then: Lin is told why not, and there is no button
    told = "You submitted this settlement, so another person has to decide on it."
    expect(lin.get_by_text(told)).to_be_visible()
    assert lin.get_by_role("button", name="Approve settlement").count() == 0
    assert not Payout.objects.exists()

    # When: Wang approves what is shown
    wang = desk_of("wang")
    wang.goto(f"/admin/settlements/settlement/{settlement.pk}/")
    wang.get_by_role("link", name="Approve settlement").click()
    expect(wang.get_by_text("This merchant has never been paid before")).to_be_visible()
    expect(wang.get_by_text("196.96").first).to_be_visible()
    wang.get_by_role("button", name="Approve settlement").click()

    # Then
    expect(wang.get_by_text("Approved. The payout waits for the next payment file")).to_be_visible()

    # When: Lin sends it to the bank
    lin.goto("/admin/settlements/payout/")
    press(lin, "Export payment file")
    lin.get_by_role("link", name="Download payment file").click()
    with lin.expect_download() as download:
        lin.get_by_role("button", name="Download payment file").click()

    # Then: the file asks for exactly that
    file = ET.parse(download.value.path())
    amounts = [node.text for node in file.iter() if node.tag.endswith("}InstdAmt")]
    assert amounts == ["196.96"]
    assert on_the_books("2401") == "196.96"
    assert on_the_books("2003") == "0.00"

    # When: the merchant's owner reads the statement
    mei = desk_of("mei")
    mei.get_by_role("link", name="Statement", exact=True).click()

    # Then: it says what the books say
    assert_statement_is_as_the_books(mei, office)
    assert integrity.verify().is_sound


def assert_statement_is_as_the_books(page, office):
    """Compare the figures on the screen with the accounts of the merchant."""
    figures = {
        re.sub(r"\s+", " ", row.locator("dt").inner_text()): row.locator("dd").inner_text()
        for row in page.locator("dl.sum > div").all()
    }
    expect(page.get_by_text("Ties out")).to_be_visible()
    assert number(figures, "Opening balance") == "0.00"
    assert number(figures, "Gross of 3 lines") == "202.00"
    assert number(figures, "Fees") == "-5.04"
    assert number(figures, "Payouts") == "-196.96"
    owed_minor = sum(
        AccountBalance.objects.filter(
            account__owner_id=office.merchant.id, account__code__in=("2001", "2002", "2003")
        ).values_list("balance_minor", flat=True)
    )
    assert number(figures, "Closing balance") == to_decimal_text(owed_minor, "CNY") == "0.00"
    rows = page.get_by_role("table").last.locator("tbody tr")
    booked = JournalEntry.objects.filter(kind="payment_paid").count()
    # Opening, two payments, the payout's fee, the payout, closing.
    assert (booked, rows.count()) == (2, 6)


def number(figures, label):
    """Return the amount that stands beside a label, with a plain minus."""
    (text,) = [text for name, text in figures.items() if name.startswith(label)]
    found = re.search(r"[-−]?[\d,]+\.\d\d", text)
    assert found, text
    return found.group().replace("−", "-")


def test_both_speak_chinese_when_asked(office, desk_of):
    # Given
    lin, mei = desk_of("lin"), desk_of("mei")

    # When
    mei.get_by_role("button", name="简体中文").click()
    lin.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": lin.url}])
    lin.goto("/admin/settlements/settlementbatch/")

    # Then
    expect(mei.get_by_role("link", name="对账单", exact=True)).to_be_visible()
    expect(mei.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(lin.get_by_role("link", name="执行结算")).to_be_visible()
