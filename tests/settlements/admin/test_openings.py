"""Handing in opening balances, looking at what they book, and deciding: by buttons."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.actions import approvals
from ledger.models import AuditEntry
from settlements.models import Opening
from settlements.opening_files import BYTES_MAX
from tests.factories.openings import opening_file
from tests.factories.payments import MerchantFactory
from tests.factories.settlements import house
from tests.instants import NEXT_NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

PREVIEW = "/admin/settlements/opening/preview/"
IMPORT = "/admin/settlements/opening/import/"


@pytest.fixture(autouse=True)
def friday(settings, tmp_path):
    """It is Friday noon in Shanghai, and nobody is asked for a second factor."""
    settings.STAFF_SECOND_FACTOR = False
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


@pytest.fixture
def checker() -> Client:
    return desk("finance_checker")


@pytest.fixture
def content() -> bytes:
    merchants = [MerchantFactory() for _ in range(60)]
    return opening_file(
        f"1001,{house().bank.pk},CNY,1000.00,D",
        *(f"2002,{one.external_no},CNY,10.00,C" for one in merchants),
    )


def filled_in(content: bytes, **other: object) -> dict[str, object]:
    file = SimpleUploadedFile("openings.csv", content, content_type="text/csv")
    return {"opening_date": "2026-03-06", "file": file, "reason": "we move here", **other}


def handed_in(maker: Client, content: bytes) -> Opening:
    maker.post(IMPORT, filled_in(content))
    return Opening.objects.get()


def page(opening: Opening, button: str) -> str:
    return f"/admin/settlements/opening/{opening.pk}/{button}/"


def test_a_preview_shows_what_would_be_booked_and_keeps_nothing(maker, content):
    # When
    with nothing_written():
        response = maker.post(PREVIEW, filled_in(content))

    # Then
    told = words(response)
    assert "1001 bank 1,000.00 CNY –" in told
    assert "2002 merchant available – 600.00 CNY" in told
    assert "credit 400.00 CNY" in told
    assert "3101 keeps it" in told
    assert "The first of 61 lines." in told


def test_hands_a_file_in_and_shows_its_page(maker, content):
    # When
    response = maker.post(IMPORT, filled_in(content), follow=True)

    # Then
    opening = Opening.objects.get()
    assert response.redirect_chain == [
        (reverse("admin:settlements_opening_change", args=[opening.pk]), 302)
    ]
    assert (opening.file_name, opening.row_count, opening.status) == ("openings.csv", 61, "asked")
    assert "2002 merchant available – 600.00 CNY" in words(response)
    assert AuditEntry.objects.get(action="opening.asked").actor == actor_of(maker)


def test_a_file_with_faults_is_refused_with_all_of_them(maker):
    content = opening_file("9999,x,CNY,1.00,D", "2002,mer_x,CNY,1.001,C")

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = maker.post(IMPORT, filled_in(content))

    assert response.status_code == 422
    assert "Line 2: the account 9999 cannot be opened." in words(response)
    assert "Line 3: 1.001 is no exact amount of CNY." in words(response)


@pytest.mark.parametrize("address", [PREVIEW, IMPORT])
def test_too_large_a_file_is_not_read(maker, address):
    with nothing_written():
        response = maker.post(address, filled_in(b"x" * (BYTES_MAX + 2**17)))

    assert response.status_code == 413


def test_another_person_agrees_and_a_worker_books(maker, checker, content):
    # Given
    opening = handed_in(maker, content)
    shown = checker.get(page(opening, "approve"))

    # When
    response = checker.post(page(opening, "approve"), dict(shown.context["hidden"]), follow=True)

    # Then
    assert "2002 merchant available – 600.00 CNY" in words(shown)
    assert "Approved. It is being booked." in words(response)
    opening.refresh_from_db()
    assert opening.status == "approved"
    job = ProcrastinateJob.objects.get(task_name="settlements.book_opening")
    told = {"opening_id": opening.pk, "at": NEXT_NOON.isoformat()}
    assert {name: job.args[name] for name in told} == told


def test_a_great_sum_takes_a_finance_head_who_types_it(maker, checker):
    # Given: 1,200,000.00 and 1,000.00 CNY go against 3101, and 5.00 USD
    lines = (
        f"1001,{house().bank.pk},CNY,1200000.00,D",
        f"2002,{MerchantFactory().external_no},CNY,1000.00,C",
        f"2002,{MerchantFactory().external_no},USD,5.00,C",
    )
    opening = handed_in(maker, opening_file(*lines))
    shown = checker.get(page(opening, "approve"))
    hidden = dict(shown.context["hidden"])
    amount = {"amount": "1201000.00"}

    # When: a checker agrees, by another amount first
    checker.post(page(opening, "approve"), {**hidden, "amount": "1200000.00"})
    counted = checker.post(page(opening, "approve"), {**hidden, **amount}, follow=True)

    # Then
    told = words(shown)
    assert "1,201,000.00 CNY" in told
    assert "CNY 1,201,000.00 CNY says how many people must agree USD 5.00 USD" in told
    assert "Your approval counts: 1 of 2." in words(counted)
    opening.refresh_from_db()
    assert opening.status == "asked"

    # When
    desk("finance_head").post(page(opening, "approve"), {**hidden, **amount})

    # Then
    opening.refresh_from_db()
    assert opening.status == "approved"


def test_a_request_that_ended_says_how_it_goes_on(maker, checker, content):
    # Given
    opening = handed_in(maker, content)
    with transaction.atomic():
        approvals.void(opening.approval, at=NEXT_NOON)

    # When
    shown = checker.get(f"/admin/settlements/opening/{opening.pk}/change/")

    # Then
    assert "it can be withdrawn and handed in again" in words(shown)
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert checker.post(page(opening, "approve"), {"shown_digest": "00"}).status_code == 409


def test_who_handed_it_in_is_told_that_another_person_decides(content):
    both = desk(is_superuser=True)
    opening = handed_in(both, content)

    shown = both.get(page(opening, "approve"))
    with nothing_written(but=ITS_OWN_REFUSAL):
        refused = both.post(page(opening, "approve"), dict(shown.context["hidden"]))

    assert "You handed it in" in words(shown)
    assert refused.status_code == 403


def test_an_old_page_agrees_to_nothing(maker, checker, content):
    opening = handed_in(maker, content)

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = checker.post(page(opening, "approve"), {"shown_digest": "00"})

    assert response.status_code == 409


def test_rejecting_and_withdrawing_ask_why(maker, checker, content):
    # Given
    opening = handed_in(maker, content)
    hidden = dict(checker.get(page(opening, "reject")).context["hidden"])

    # When
    with nothing_written():
        checker.post(page(opening, "reject"), hidden)
    checker.post(page(opening, "reject"), {**hidden, "reason": "wrong bank"})

    # Then
    opening.refresh_from_db()
    assert opening.status == "rejected"

    # When
    maker.post(IMPORT, filled_in(content))
    again = Opening.objects.get(status="asked")
    maker.post(page(again, "withdraw"), {"reason": "a newer file"})

    # Then
    again.refresh_from_db()
    assert again.status == "rejected"


@pytest.mark.parametrize(
    ("role", "may_hand_in", "may_decide"),
    [
        ("finance_maker", True, False),
        ("finance_checker", False, True),
        ("finance_head", False, True),
        ("auditor", False, False),
    ],
)
def test_who_may_do_what(maker, content, role, may_hand_in, may_decide):
    opening = handed_in(maker, content)
    client = desk(role)

    assert client.get(f"/admin/settlements/opening/{opening.pk}/change/").status_code == 200
    assert (client.get(IMPORT).status_code == 200) is may_hand_in
    assert (client.get(page(opening, "approve")).status_code == 200) is may_decide
