"""Running, exporting, downloading and importing by buttons."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import AuditEntry
from settlements.models import Bill, BillLine, PaymentFile, Payout, Settlement, SettlementBatch
from settlements.queries.payouts import payment_file_content
from tests.factories.settlements import (
    House,
    Movement,
    approved_settlement,
    available_money,
    bank_statement,
    exported_file,
    house,
    paying_payout,
    payment_report,
    settled_merchant,
)
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

RUN = "/admin/settlements/settlementbatch/run/"
EXPORT = "/admin/settlements/payout/export/"
IMPORT = "/admin/settlements/bill/import/"


@pytest.fixture(autouse=True)
def friday(settings, tmp_path):
    """It is Friday noon in Shanghai, and nobody is asked for a second factor."""
    settings.STAFF_SECOND_FACTOR = False
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)


@pytest.fixture
def ours() -> House:
    return house()


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


# --- run ----------------------------------------------------------------------------------------


def test_runs_settlement_for_a_currency_and_day(maker, ours):
    # Given
    available_money(settled_merchant())
    available_money(settled_merchant(with_destination=False))

    # When
    shown = maker.get(RUN)
    response = maker.post(RUN, {"currency": "CNY", "business_date": "2026-03-06"}, follow=True)

    # Then
    assert "CNY 2 196.00 CNY" in words(shown)
    assert shown.context["form"].initial["business_date"] == FRIDAY
    assert Settlement.objects.get().net_minor == 9_800
    assert "1 settlement drafted, 98.00 CNY." in words(response)
    assert "1 merchant has no bank account yet." in words(response)
    assert AuditEntry.objects.get(action="settlement.run").actor == actor_of(maker)


def test_running_again_changes_nothing(maker, ours):
    available_money(settled_merchant())
    maker.post(RUN, {"currency": "CNY", "business_date": "2026-03-06"})

    with nothing_written():
        maker.post(RUN, {"currency": "CNY", "business_date": "2026-03-06"})

    assert Settlement.objects.count() == 1


def test_lets_a_worker_draft_where_there_are_many(maker, ours, monkeypatch):
    # Given
    monkeypatch.setattr("settlements.admin.runs.DIRECT_MAX", 0)
    available_money(settled_merchant())

    # When
    maker.post(RUN, {"currency": "CNY", "business_date": "2026-03-06"})

    # Then
    job = ProcrastinateJob.objects.get(task_name="settlements.draft")
    assert job.args.pop("origin")["client_ip"] == "127.0.0.1"
    assert job.args == {
        "at": NEXT_NOON.isoformat(),
        "actor": actor_of(maker),
        "currency": "CNY",
        "business_date": "2026-03-06",
    }
    assert not Settlement.objects.exists()


@pytest.mark.parametrize("form", [{}, {"currency": "XXX", "business_date": "2026-03-06"}])
def test_a_form_that_is_not_filled_in_runs_nothing(maker, ours, form):
    available_money(settled_merchant())

    with nothing_written():
        response = maker.post(RUN, form)

    assert response.status_code == 200
    assert not SettlementBatch.objects.exists()


# --- export and download ------------------------------------------------------------------------


def approved_one() -> Settlement:
    merchant = settled_merchant()
    available_money(merchant)
    return approved_settlement(merchant)


def test_exports_what_waits_and_goes_to_the_file(maker, ours):
    # Given
    approved_one()

    # When
    shown = maker.get(EXPORT)
    response = maker.post(
        EXPORT, {"bank_account": ours.bank.pk, "execution_date": "2026-03-06"}, follow=True
    )

    # Then
    file = PaymentFile.objects.get()
    assert f"{ours.bank.name} 1 98.00 CNY" in words(shown)
    page = reverse("admin:settlements_paymentfile_change", args=[file.pk])
    assert response.redirect_chain == [(page, 302)]
    assert "1 payout, 98.00 CNY, is in this file." in words(response)
    assert Payout.objects.get().status == "exported"


def test_exports_nothing_where_nothing_waits(maker, ours):
    with nothing_written():
        response = maker.post(EXPORT, {"bank_account": ours.bank.pk, "execution_date": FRIDAY})

    assert response["Location"] == "/admin/settlements/payout/"


def test_hands_out_the_file_and_keeps_who_took_it(maker, ours):
    # Given
    approved_one()
    file = exported_file(ours.bank)
    url = reverse("admin:settlements_paymentfile_download", args=[file.pk])

    # When
    shown = maker.get(url)
    with nothing_written(but={"ledger_auditentry": 1}):
        response = maker.post(url)

    # Then
    taken = AuditEntry.objects.latest("pk")
    assert "6222020000000000001" not in shown.content.decode()
    assert response.content == payment_file_content(file)
    assert response["Content-Disposition"] == f'attachment; filename="{file.message_id}.xml"'
    assert "no-store" in response["Cache-Control"]
    assert (taken.action, taken.subject, taken.actor) == (
        "payment_file.downloaded",
        file.pk,
        actor_of(maker),
    )


@pytest.mark.parametrize("role", ["finance_checker", "auditor"])
def test_others_see_the_file_but_never_its_bytes(ours, role):
    # Given
    approved_one()
    file = exported_file(ours.bank)
    reader = desk(role)

    # When
    page = reader.get(reverse("admin:settlements_paymentfile_change", args=[file.pk]))
    with nothing_written(but=ITS_OWN_REFUSAL):
        refused = reader.post(reverse("admin:settlements_paymentfile_download", args=[file.pk]))

    # Then
    assert page.status_code == 200
    assert "6222020000000000001" not in page.content.decode()
    assert refused.status_code == 403


# --- import -------------------------------------------------------------------------------------


def sent(ours: House, content: bytes) -> dict[str, object]:
    return {"bank_account": ours.bank.pk, "file": SimpleUploadedFile("bank.xml", content)}


def test_imports_a_report_and_shows_what_became_of_it(maker, ours):
    # Given
    merchant = settled_merchant()
    available_money(merchant)
    payout = paying_payout(merchant, bank=ours.bank)
    report = payment_report(payout.payment_file, {payout.operation.channel_no: "ACSC"})

    # When
    response = maker.post(IMPORT, sent(ours, report), follow=True)

    # Then
    bill = Bill.objects.get()
    payout.refresh_from_db()
    page = reverse("admin:settlements_bill_change", args=[bill.pk])
    assert response.redirect_chain == [(page, 302)]
    assert (bill.imported_by, payout.status) == (actor_of(maker), "succeeded")


def test_the_same_file_again_changes_nothing_and_says_so(maker, ours, settings, tmp_path):
    # Given
    statement = bank_statement(ours.bank, Movement(777, reference="B2"))
    maker.post(IMPORT, sent(ours, statement))
    (tmp_path / "clock").write_text((NEXT_NOON + timedelta(hours=1)).isoformat())

    # When
    with nothing_written():
        response = maker.post(IMPORT, sent(ours, statement), follow=True)

    # Then
    assert "This file was imported before; nothing has changed." in words(response)
    assert BillLine.objects.get().state == "open"


@pytest.mark.parametrize("content", [b"<not a bill/>", b"", b"\xff\xfe"])
def test_refuses_what_is_no_bill(maker, ours, content):
    response = maker.post(IMPORT, sent(ours, content))

    assert response.status_code in {200, 422}
    assert not Bill.objects.exists()


def test_refuses_a_file_by_its_weight_before_reading_it(maker, ours):
    # Given
    heavy = {"CONTENT_LENGTH": str(21 * 2**20)}

    # When
    with nothing_written():
        response = maker.post(IMPORT, sent(ours, b"<x/>"), **heavy)

    # Then
    assert response.status_code == 413
    assert "at most 20 MiB are read" in response.content.decode()


def test_open_lines_stand_before_those_that_are_known(maker, ours):
    # Given
    merchant = settled_merchant()
    available_money(merchant)
    payout = paying_payout(merchant, bank=ours.bank)
    statement = bank_statement(
        ours.bank,
        Movement(-payout.amount_minor, payout.operation.channel_no, reference="B1"),
        Movement(777, reference="B2", text="who knows"),
        opening_minor=10**9,
    )
    maker.post(IMPORT, sent(ours, statement))

    # When
    response = maker.get("/admin/settlements/billline/")

    # Then
    shown = [line.bank_reference for line in response.context["cl"].result_list]
    assert shown == ["B2", "B1"]
    assert "7.77 CNY" in words(response)


@pytest.mark.parametrize("url", [RUN, EXPORT, IMPORT])
@pytest.mark.parametrize("role", ["finance_checker", "auditor", "support"])
def test_only_makers_press_these_buttons(ours, url, role):
    reader = desk(role)

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = reader.post(url)

    assert response.status_code == 403
