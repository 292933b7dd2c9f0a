"""No figure is a dead end: from any report to an entry, and from every entry to its cause."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from ledger.admin import showing
from ledger.admin.kinds import named_kinds
from ledger.models import Account, JournalEntry
from settlements.models import SettlementBatch
from tests.architecture.sources import house
from tests.config.back_office.filling import fill
from tests.instants import NEXT_NOON
from tests.rig.pages import words
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db

ALL_DAYS = "last=2026-12-31"
BUDGETS = {
    "trial_balance": 6,
    "general_ledger": 6,
    "journal_book": 7,
    "number": 8,
    "statement": 13,
    "entry": 11,
    "journal of a number": 8,
    "journal of a kind": 6,
    "trial balance, open": 6,
    "number, open": 8,
    "statement, open": 13,
    "account": 7,
}
"""Queries of each page of the books, its session and rights included."""

REPORTS = ("trial_balance", "general_ledger", "journal_book")


@pytest.fixture(autouse=True)
def friday(settings, tmp_path):
    """It is Friday noon in Shanghai."""
    settings.STAFF_SECOND_FACTOR = False
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)


def addresses() -> dict[str, str]:
    """Return the address of each report, of the busiest number and of one of its accounts."""
    account = Account.objects.filter(code="2002").order_by("pk").first()
    assert account is not None
    found = {name: f"{reverse(f'admin:ledger_{name}')}?{ALL_DAYS}" for name in REPORTS}
    found["number"] = f"{reverse('admin:ledger_general_ledger')}?{ALL_DAYS}&code=2002"
    statement = reverse("admin:ledger_account_statement", args=[account.pk])
    found["statement"] = f"{statement}?{ALL_DAYS}&first=2026-03-01"
    entry = JournalEntry.objects.filter(kind="payment_paid").latest("pk")
    found["entry"] = showing.row_url(entry)
    return found


def narrowed() -> dict[str, str]:
    """Return the journal as figures lead to it, and pages of a range that begins in open days."""
    account = Account.objects.filter(code="2002").order_by("pk").first()
    assert account is not None
    book, ledger = reverse("admin:ledger_journal_book"), reverse("admin:ledger_general_ledger")
    statement = reverse("admin:ledger_account_statement", args=[account.pk])
    march = "first=2026-03-05&last=2026-03-31"
    return {
        "journal of a number": f"{book}?{march}&code=2002",
        "journal of a kind": f"{book}?{march}&code=2002&kind=payment_paid",
        "trial balance, open": f"{reverse('admin:ledger_trial_balance')}?{march}",
        "number, open": f"{ledger}?{march}&code=2002",
        "statement, open": f"{statement}?{march}",
        "account": showing.row_url(account),
    }


def links_of_amounts(html: str) -> list[str]:
    """Return where the amounts of a page lead; an amount without a link is an empty text."""
    body = html[html.index('id="content-main"') :]
    cells = re.findall(r"<td[^>]*>((?:(?!</td>).)*class=\"money\".*?)</td>", body, re.DOTALL)
    found = [re.search(r'href="([^"]*)"', cell) for cell in cells]
    return [unescape(link[1]) if link else "" for link in found]


def test_every_kind_of_entry_has_a_name_and_a_cause_with_a_page():
    # Given
    fill(merchants=3, payments_each=1)
    auditor = desk("auditor")

    for entry in JournalEntry.objects.all():
        # Then
        assert entry.kind in named_kinds(), entry.kind
        assert showing.subject_url(entry.subject), f"{entry.kind}: {entry.subject!r}"
    assert JournalEntry.objects.values("kind").distinct().count() >= 8

    # When: each kind is opened, and its cause
    for entry in JournalEntry.objects.order_by("kind", "pk").distinct("kind"):
        html = auditor.get(showing.row_url(entry)).content.decode()
        cause = showing.subject_url(entry.subject)
        assert f'href="{cause}"' in html
        assert auditor.get(cause).status_code == 200


def test_every_figure_of_a_report_leads_on():
    # Given
    fill(merchants=3, payments_each=1)
    auditor = desk("auditor")

    for name in ("trial_balance", "general_ledger", "number"):
        # When
        html = auditor.get(addresses()[name]).content.decode()
        links = links_of_amounts(html)
        rows = [link for link in links if link]

        # Then: all are links but the sum under a number, and each of them answers
        assert len(rows) > 5, name
        assert name == "number" or rows == links
        for link in set(rows):
            assert auditor.get(link).status_code == 200, link


def test_the_figures_of_the_home_page_lead_to_their_postings():
    # Given
    fill(merchants=3, payments_each=1)
    auditor = desk("auditor")

    # When
    html = auditor.get("/admin/").content.decode()
    links = [link for link in links_of_amounts(html) if "/journal-book/" in link]

    # Then: the sum of the postings is the figure
    assert len(links) == 6
    for link in links:
        page = auditor.get(link)
        assert page.status_code == 200
        assert resolve(link.partition("?")[0]).url_name == "ledger_journal_book"


def test_the_sums_of_a_trial_balance_lead_to_all_its_postings():
    # Given
    fill(merchants=3, payments_each=1)
    auditor = desk("auditor")

    # When
    html = auditor.get(addresses()["trial_balance"]).content.decode()
    links = {link for link in links_of_amounts(html) if "/journal-book/" in link}

    # Then: the categories that were used, and all of them; what is added up is shown there
    assert len(links) >= 4
    for link in links:
        assert "sum" in words(auditor.get(link)).lower().split(), link


def test_figures_of_runs_and_channels_lead_to_what_makes_them():
    # Given
    ours = fill(merchants=3, payments_each=1)
    boss = desk(is_superuser=True)
    run = SettlementBatch.objects.latest("pk")
    pages = [
        showing.row_url(run),
        showing.row_url(ours.channel),
        reverse("admin:settlements_settlementbatch_run"),
    ]

    for page in pages:
        # When
        links = links_of_amounts(boss.get(page).content.decode())

        # Then: each leads to rows
        assert links, page
        for link in links:
            assert link, page
            assert "changelist" in resolve(link.partition("?")[0]).url_name
            assert boss.get(link).context["cl"].result_count > 0, link


def test_the_books_take_so_many_queries():
    """Each page has its budget: one more for each row would be seen at once."""
    # Given
    ours = fill(merchants=3, payments_each=1)
    fill(merchants=3, payments_each=2, ours=ours)
    auditor = desk("auditor")
    _queries(auditor, addresses()["trial_balance"])

    # Then
    found = {name: _queries(auditor, url) for name, url in {**addresses(), **narrowed()}.items()}
    assert found == BUDGETS


def test_reports_take_as_many_queries_whatever_there_is():
    # Given
    ours = fill(merchants=3, payments_each=1)
    auditor = desk("auditor")
    before = {name: _queries(auditor, url) for name, url in addresses().items()}

    # When
    fill(merchants=3, payments_each=3, ours=ours)

    # Then
    after = {name: _queries(auditor, url) for name, url in addresses().items()}
    assert after == before
    assert max(after.values()) <= 20


def _queries(client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_every_kind_that_is_ever_booked_has_a_name():
    """The kinds stand as texts in the pages of bookings."""
    booked = {
        kind
        for source in house()
        if "/postings/" in source.path
        for kind in re.findall(r'(?:kind=|_source\([^)]*\),\s*)"([a-z_]+)"', source.text)
    }

    assert len(booked) > 30
    assert booked - named_kinds().keys() == set()
