"""Who may take the books away, and that it is on record before they leave."""

import pytest
from django.test import Client

from ledger.models import AuditEntry
from tests.factories.payments import UserFactory
from tests.ledger.admin.book_tables import taken, without_second_factor  # noqa: F401
from tests.ledger.admin.books import (
    MARCH,
    account,
    auditor,
    report,
    small_month,
)
from tests.rig.rows import nothing_written
from tests.rig.staff import actor_of, desk, signed_in

pytestmark = pytest.mark.django_db


# --- who may, and what is kept of it ------------------------------------------------------------


def test_an_export_is_on_record_before_it_leaves():
    # Given
    small_month()
    client = auditor()

    # When
    taken(client, report("journal_book"), {**MARCH, "code": "4001"})

    # Then
    entry = AuditEntry.objects.get(action="books.exported")
    assert (entry.subject, entry.actor) == ("books", actor_of(client))
    assert entry.after == {
        "report": "journal_book",
        "format": "csv",
        "filters": {"first": "2026-03-01", "last": "2026-03-31", "code": "4001"},
        "rows": 3,
    }


def test_a_statements_export_names_its_account():
    small_month()
    of = account("2003", "tea")

    taken(auditor(), report("account_statement", of.pk), MARCH)

    after = AuditEntry.objects.get(action="books.exported").after
    assert (after["filters"]["account"], after["rows"]) == ("2003 · tea · CNY", 3)


def test_without_a_record_nothing_leaves(monkeypatch):
    def fail(**_terms: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr("ledger.admin.books.files.record_export", fail)
    small_month()

    response = auditor().post(report("journal_book"), {"format": "csv"}, query_params=MARCH)

    assert response.status_code == 500


REPORTS = ["trial_balance", "general_ledger", "journal_book", "account_statement"]


def addresses() -> list[str]:
    """Return the address of every report."""
    small_month()
    of = account("2003", "tea").pk
    return [report(name, *([of] if name == "account_statement" else [])) for name in REPORTS]


def test_nobody_is_asked_to_sign_in():
    for url in addresses():
        for response in (Client().get(url), Client().post(url, {"format": "csv"})):
            assert response.status_code == 302
            assert "/login/" in response["Location"]


def test_a_merchants_own_person_sees_no_books():
    client = signed_in(UserFactory())

    for url in addresses():
        assert client.get(url).status_code in {302, 403}
        assert client.post(url, {"format": "csv"}).status_code in {302, 403}
    assert not AuditEntry.objects.exists()


def test_staff_without_the_right_see_no_books():
    for url in addresses():
        assert desk("support").get(url).status_code == 403
        assert desk("support").post(url, {"format": "csv"}).status_code == 403


def test_who_only_sees_the_books_takes_nothing_away():
    # Given
    client = desk("finance_maker")

    for url in addresses():
        # Then: the page is shown, without the buttons
        page = client.get(url, MARCH)
        assert page.status_code == 200
        assert not page.context["may_export"]

        # When
        with nothing_written(but={"ledger_auditentry": 1}):
            response = client.post(url, {"format": "csv"}, query_params=MARCH)

        # Then
        assert response.status_code == 403
    refused = AuditEntry.objects.filter(action="books.export.refused")
    assert {entry.reason for entry in refused} == {"permission_denied"}


@pytest.mark.parametrize("role", ["finance_checker", "finance_head", "auditor"])
def test_who_may_take_them_away_does(role):
    for url in addresses():
        assert taken(desk(role), url, MARCH)


@pytest.mark.parametrize("file_format", ["", "pdf", "../csv"])
def test_an_unknown_format_is_none(file_format):
    small_month()
    client, url = auditor(), report("trial_balance")

    with nothing_written():
        response = client.post(url, {"format": file_format}, query_params=MARCH)

    assert response.status_code == 404
