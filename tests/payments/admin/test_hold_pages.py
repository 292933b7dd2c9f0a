"""Held money in the back office: taken and given back by a button, ended by two people."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import AuditEntry
from payments.models import Capture, Payment, Void
from tests.factories.holds import held_payment, ordered_capture
from tests.factories.payments import AlipayAccountFactory, MerchantFactory
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = "No money has moved and nothing was changed."


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def held() -> Payment:
    """100.00 that a channel holds."""
    return held_payment(MerchantFactory(), channel=AlipayAccountFactory())


@pytest.fixture
def held_by_card() -> Payment:
    """100.00 of a card."""
    return held_payment(MerchantFactory(), channel=AlipayAccountFactory(channel="unionpay"))


def page(client: Client, name: str, row, *, of: str = "payment") -> HttpResponse:
    return client.get(address(name, row, of))


def press(client: Client, name: str, row, *, of: str = "payment", **sent: str) -> HttpResponse:
    return client.post(address(name, row, of), sent)


def address(name: str, row, of: str) -> str:
    return reverse(f"admin:payments_{of}_{name}", args=[row.pk])


def refused(response: HttpResponse, code: str, *, status: int = 409) -> None:
    """Expect that a deed was refused, on its page and in the audit trail."""
    assert (response.status_code, NOTHING in words(response)) == (status, True)
    assert AuditEntry.objects.latest("pk").reason == code


class TestTakingAndGivingBack:
    def test_a_part_is_ordered_of_the_channel(self, held):
        # Given
        maker = desk("finance_maker")
        assert "Held and not taken: 100.00 CNY." in words(page(maker, "capture", held))

        # When
        response = press(maker, "capture", held, amount="40.00", reason="Sent in part.")

        # Then
        assert response.status_code == 302
        capture = Capture.objects.get()
        assert (capture.amount_minor, capture.is_final, capture.status) == (
            4_000,
            False,
            "submitting",
        )
        assert capture.requested_by == actor_of(maker)
        assert ProcrastinateJob.objects.filter(task_name="payments.send_capture").count() == 1

    def test_a_part_of_a_card_is_the_last_and_the_page_says_so(self, held_by_card):
        # Given
        maker = desk("finance_maker")
        shown = page(maker, "capture", held_by_card)
        assert (
            "The channel can take of it only once: what you do not take now goes back to the payer"
            in words(shown)
        )
        box = shown.context["form"]["is_final"]
        assert (box.value(), "disabled" in str(box)) == (True, True)

        # When the box is not sent, as browsers do with what is disabled
        response = press(maker, "capture", held_by_card, amount="60.00", reason="Sent in part.")

        # Then
        assert response.status_code == 302
        assert "The channel is asked to take it. What is left goes back to the payer." in words(
            maker.get(response["Location"])
        )
        capture = Capture.objects.get()
        assert (capture.amount_minor, capture.is_final) == (6_000, True)

    def test_nothing_is_said_of_once_where_more_can_be_taken_later(self, held):
        shown = page(desk("finance_maker"), "capture", held)
        assert "only once" not in words(shown)
        assert "disabled" not in str(shown.context["form"]["is_final"])

    def test_it_is_given_back_once(self, held):
        # Given
        maker = desk("finance_maker")

        # When
        assert press(maker, "void", held, reason="Out of stock.").status_code == 302

        # Then
        void = Void.objects.get()
        assert (void.amount_minor, void.status, void.requested_by) == (
            10_000,
            "submitting",
            actor_of(maker),
        )

        # When there is nothing left to take
        with nothing_written():
            again = press(maker, "capture", held, amount="1.00", reason="After all.")
        assert (again.status_code, "This cannot be done now." in words(again)) == (200, True)

    @pytest.mark.parametrize("amount", ["0", ""])
    def test_nothing_is_not_taken(self, held, amount):
        # Given
        maker = desk("finance_maker")

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(maker, "capture", held, amount=amount, reason="Sent.")
        refused(response, "invalid_amount", status=422)

    @pytest.mark.parametrize(
        ("amount", "why"),
        [
            ("100.01", "More than is left of it."),
            ("-1.00", "Write an amount such as 12.34."),
            ("ten", "Write an amount such as 12.34."),
        ],
    )
    def test_more_than_is_held_or_no_amount_is_not_taken(self, held, amount, why):
        # Given
        maker = desk("finance_maker")

        # When, Then
        with nothing_written():
            response = press(maker, "capture", held, amount=amount, reason="Sent.")
        assert (response.status_code, why in words(response)) == (200, True)

    @pytest.mark.parametrize("deed", ["capture", "void"])
    def test_without_a_reason_nothing_happens(self, held, deed):
        # Given
        maker = desk("finance_maker")

        # When, Then
        with nothing_written():
            response = press(maker, deed, held, amount="40.00")
        assert (response.status_code, "This field is required." in words(response)) == (200, True)

    @pytest.mark.parametrize("deed", ["capture", "void"])
    @pytest.mark.parametrize("role", ["finance_checker", "support", "auditor", "risk_officer", ""])
    def test_who_may_not_is_turned_away(self, held, deed, role):
        # Given
        client = desk(role)

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(client, deed, held, amount="40.00", reason="Why.")
        assert response.status_code == 403

    def test_what_is_on_its_way_to_us_is_not_given_back(self, held):
        # Given
        ordered_capture(held, 4_000)
        maker = desk("finance_maker")

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(maker, "void", held, reason="Out of stock.")
        refused(response, "capture_in_flight")
