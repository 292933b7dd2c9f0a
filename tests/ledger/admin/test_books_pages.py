"""The books to read: entries as a T, accounts with every posting, the trail, the approvals."""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from ledger.actions import approvals, journal
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.actions.journal import Entry, credit, debit
from ledger.models import Account, ApprovalRequest, AuditEntry, JournalEntry
from tests.factories.payments import MerchantFactory, UserFactory
from tests.instants import NOON, THURSDAY
from tests.rig.pages import tables, words
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def auditor() -> Client:
    return desk("auditor")


def booked(source: str, *legs: journal.Leg, subject: str = "") -> JournalEntry:
    with transaction.atomic():
        pk = journal.post_entry(
            Entry(
                source=source,
                kind="payment_paid",
                legs=legs,
                effective_date=THURSDAY,
                at=NOON,
                subject=subject,
            )
        )
    return JournalEntry.objects.get(pk=pk)


def page(row: object) -> str:
    name = f"admin:ledger_{row._meta.model_name}_change"
    return reverse(name, args=[row.pk])


def test_an_entry_is_a_t_whose_sides_are_equal(auditor):
    # Given
    merchant = MerchantFactory(name="Tea Co")
    entry = booked(
        "one",
        debit("1101", f"chn_1/{merchant.pk}", 10_000, "CNY"),
        credit("2003", merchant.pk, 9_800, "CNY"),
        credit("4001", merchant.pk, 200, "CNY"),
        subject=merchant.pk,
    )

    # When
    response = auditor.get(page(entry))

    # Then
    assert tables(response)[-1] == [
        ["Account", "Owner", "Debit", "Credit", "Balance after"],
        ["1101 channel receivable", "chn_1 / Tea Co", "100.00 CNY", "", "100.00 CNY"],
        ["2003 settlement hold", "Tea Co", "", "98.00 CNY", "98.00 CNY"],
        ["4001 service fee", "Tea Co", "", "2.00 CNY", "2.00 CNY"],
        ["sum", "", "100.00 CNY", "100.00 CNY", ""],
    ]
    html = response.content.decode()
    assert f'href="/admin/payments/merchant/{merchant.pk}/change/"' in html
    for account in Account.objects.all():
        assert f'href="{page(account)}"' in html


def test_an_account_shows_its_postings_newest_first_and_pages_back(auditor, monkeypatch):
    # Given
    monkeypatch.setattr("ledger.admin.accounts.POSTINGS_A_PAGE", 2)
    entries = [
        booked(
            f"no. {number}",
            debit("1001", "bank", number, "CNY"),
            credit("3101", "x", number, "CNY"),
        )
        for number in (1, 2, 3)
    ]
    account = Account.objects.get(code="1001")

    # When
    newest = auditor.get(page(account))
    older = auditor.get(page(account) + "?before=2")

    # Then
    assert [row[0::6] for row in tables(newest)[-1][1:]] == [["3", "0.06 CNY"], ["2", "0.03 CNY"]]
    assert [row[0::6] for row in tables(older)[-1][1:]] == [["1", "0.01 CNY"]]
    assert "?before=2" in newest.content.decode()
    assert "?before" not in older.content.decode()
    assert f'href="{page(entries[2])}"' in newest.content.decode()


def test_a_list_of_accounts_has_balances_and_owners_by_name(auditor):
    merchant = MerchantFactory(name="Tea Co")
    booked("one", debit("1001", "bank", 5, "CNY"), credit("2003", merchant.pk, 5, "CNY"))

    rows = tables(auditor.get(reverse("admin:ledger_account_changelist")))[0][1:]

    assert rows == [
        ["1001", "bank", "bank", "CNY", "0.05 CNY", "1"],
        ["2003", "settlement hold", "Tea Co", "CNY", "0.05 CNY", "1"],
    ]


def test_the_trail_names_people_and_is_found_by_subject(auditor):
    # Given
    lan = UserFactory(username="lan")
    for subject in ("stl_1", "stl_2"):
        with transaction.atomic():
            record_audit(
                action="settlement.cancelled",
                subject=subject,
                actor=f"user:{lan.pk}",
                at=NOON,
                reason="Wrong <day>",
            )

    # When
    response = auditor.get(reverse("admin:ledger_auditentry_changelist") + "?q=stl_2")

    # Then
    (row,) = tables(response)[0][1:]
    assert row[1:6] == ["2026-03-05 12:00", "settlement: cancelled", "stl_2", "lan", "–"]
    assert "Wrong &lt;day&gt;" in response.content.decode()


def test_an_approval_shows_who_said_what(auditor):
    # Given
    maker, checker = UserFactory(username="maker"), UserFactory(username="checker")
    with transaction.atomic():
        request = approvals.request_approval(
            kind="settlement",
            object_type="settlement",
            object_id="stl_1",
            payload={"net_minor": 5},
            maker=f"user:{maker.pk}",
            at=NOON,
        )
        approvals.decide(
            request.pk,
            is_approved=False,
            shown_digest=bytes(request.digest),
            decider=Decider(actor=f"user:{checker.pk}", second_factor="totp"),
            at=NOON,
            reason="Too much",
        )

    # When
    response = auditor.get(page(ApprovalRequest.objects.get()))

    # Then
    assert "maker" in words(response)
    assert tables(response)[-1][1] == [
        "checker",
        "reject",
        "no",
        "2026-03-05 12:00:00",
        "totp",
        "–",
        "Too much",
    ]


def test_djangos_own_history_leads_to_the_trail(auditor):
    entry = booked("one", debit("1001", "bank", 5, "CNY"), credit("3101", "x", 5, "CNY"))

    response = auditor.get(reverse("admin:ledger_journalentry_history", args=[entry.pk]))

    assert response["Location"] == f"/admin/ledger/auditentry/?q={entry.pk}"


def test_a_list_counts_up_to_a_bound_and_says_so(auditor, monkeypatch):
    # Given
    monkeypatch.setattr("ledger.admin.base.ROWS_COUNTED_MAX", 3)
    for number in range(5):
        with transaction.atomic():
            record_audit(action=f"deed {number}", subject="x", actor="task:x", at=NOON)

    # When
    response = auditor.get(reverse("admin:ledger_auditentry_changelist"))

    # Then
    assert response.context["cl"].result_count == 3
    assert "the first 3; narrow the list by search or filter" in words(response)
    assert AuditEntry.objects.count() == 5


@pytest.mark.parametrize("list_of", ["payments_payment", "payments_event", "settlements_payout"])
def test_a_long_list_is_read_from_an_index(auditor, list_of):
    """The newest come first by their ids: no list sorts a table that has millions of rows."""
    response = auditor.get(reverse(f"admin:{list_of}_changelist"))

    queryset = response.context["cl"].queryset
    assert set(queryset.query.order_by) == {"-pk"}
