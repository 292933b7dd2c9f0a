"""Refunds that did not reach their payers: to our own account, or back to the merchants."""

import pytest
from django.http import HttpResponse
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.errors import SelfApprovalError
from ledger.models import ApprovalRequest, AuditEntry, JournalEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Refund, RefundRemedy
from settlements.queries import integrity
from tests.books import assert_balances, assert_entry, balance
from tests.factories.payments import answered_refund, paid_payment, refund_asked, refunded
from tests.instants import NOON
from tests.payments.admin import test_hold_pages
from tests.payments.admin.refund_pages import page as page_of
from tests.payments.admin.test_hold_pages import refused
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

CAME_BACK = Outcome(OutcomeKind.RETURNED, code="REFUND_RETURNED")
UNDELIVERED = Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL")
WHY = {"reason": "As agreed by phone."}
BOTH = pytest.mark.parametrize(
    ("deed", "label"),
    [
        ("ask_our_account", "Have it sent to our account"),
        ("ask_merchants", "Give back to the merchants"),
    ],
)
EACH = pytest.mark.parametrize("deed", ["ask_our_account", "ask_merchants"])


@pytest.fixture(autouse=True)
def at_noon(db, settings, tmp_path):
    """It is noon, nobody needs a second factor, and the books are in order at the end."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False
    yield
    assert integrity.verify().violations == []


@pytest.fixture
def returned() -> Refund:
    """A refund of 30.00 that its channel made, and that came back."""
    made = refunded(refund_asked(paid_payment(), amount_minor=3_000), fee_minor=18)
    answered_refund(made, CAME_BACK)
    ProcrastinateJob.objects.all().delete()
    return made


def press(client: Client, name: str, refund: Refund, **sent: str) -> HttpResponse:
    return test_hold_pages.press(client, name, refund, of="refund", **sent)


def decide(client: Client, name: str, **sent: str) -> HttpResponse:
    """Press a button of the one way, by default with the digest of what was asked for."""
    remedy = RefundRemedy.objects.get()
    told = {"shown_digest": bytes(remedy.approval.digest).hex(), **sent}
    return test_hold_pages.press(client, name, remedy, of="refundremedy", **told)


def page_of_way(client: Client) -> str:
    remedy = RefundRemedy.objects.get()
    return words(test_hold_pages.page(client, "approve", remedy, of="refundremedy"))


def owner(refund: Refund) -> str:
    part = refund.allocations.select_related("allocation").get()
    return f"{refund.operation.channel_account_id}/{part.allocation.merchant_id}"


def deeds() -> list[tuple[str, str]]:
    found = AuditEntry.objects.filter(action__startswith="refund_remedy.").order_by("pk")
    return list(found.values_list("action", "actor"))


class TestMerchants:
    def test_two_people_give_them_what_came_back(self, returned):
        # Given
        maker, checker = desk("finance_maker"), desk("finance_checker")
        entries = JournalEntry.objects.count()

        # When
        asked = press(maker, "ask_merchants", returned, **WHY)

        # Then no money has moved, and the other person sees whose it would be
        assert (asked.status_code, JournalEntry.objects.count()) == (302, entries)
        seen = page_of_way(checker)
        for told in ("back to its merchants", "30.00", WHY["reason"]):
            assert told in seen

        # When
        agreed = decide(checker, "approve")

        # Then
        assert agreed.status_code == 302
        returned.refresh_from_db()
        assert (returned.status, returned.status_code) == ("failed", "TO_MERCHANTS")
        assert (returned.operation.status, RefundRemedy.objects.get().status) == ("failed", "done")
        part = returned.allocations.get()
        assert_entry(
            f"{part.pk}:failed:2", "Dr 2101 30.00 CNY\nCr 2001 29.40 CNY\nCr 4001 0.60 CNY"
        )
        assert JournalEntry.objects.count() == entries + 1
        assert balance("2101", owner(returned)) == "0.00"
        assert_balances(part.allocation.merchant_id, merchant_pending="98.00")
        assert deeds() == [
            ("refund_remedy.requested", actor_of(maker)),
            ("refund_remedy.approved", actor_of(checker)),
        ]

        # When it is pressed once more
        with nothing_written(but=ITS_OWN_REFUSAL):
            again = decide(checker, "approve")
        assert again.status_code == 409
        assert JournalEntry.objects.count() == entries + 1

    def test_what_never_reached_the_payer_is_not_theirs(self):
        # Given
        refund = answered_refund(refund_asked(paid_payment()), Outcome(OutcomeKind.PROCESSING))
        answered_refund(refund, UNDELIVERED)
        maker = desk("finance_maker")
        assert "Give back to the merchants" not in words(maker.get(page_of(refund)))

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(maker, "ask_merchants", refund, **WHY)
        refused(response, "illegal_move")


class TestOurAccount:
    def test_two_people_have_the_channel_pay_it_to_us_and_nothing_is_booked(self, returned):
        # Given
        maker, checker = desk("finance_maker"), desk("finance_checker")
        entries = JournalEntry.objects.count()

        # When
        assert press(maker, "ask_our_account", returned, **WHY).status_code == 302
        assert "to our own bank account, by the channel" in page_of_way(checker)
        assert decide(checker, "approve").status_code == 302

        # Then the channel is asked, once
        returned.refresh_from_db()
        remedy = RefundRemedy.objects.get()
        assert (returned.status, returned.operation.status) == ("submitting", "unknown")
        assert (remedy.status, remedy.account_encrypted, remedy.account_tail) == ("ordered", "", "")
        jobs = ProcrastinateJob.objects.values_list("task_name", flat=True)
        assert list(jobs) == ["payments.query_refund"]
        assert JournalEntry.objects.count() == entries
        assert balance("2101", owner(returned)) == "30.00"
        assert deeds() == [
            ("refund_remedy.requested", actor_of(maker)),
            ("refund_remedy.approved", actor_of(checker)),
        ]

    def test_what_is_at_our_account_has_no_other_way_by_the_channel(self, returned):
        # Given the channel has delivered it there
        maker = desk("finance_maker")
        press(maker, "ask_our_account", returned, **WHY)
        decide(desk("finance_checker"), "approve")
        RefundRemedy.objects.update(sent_at=NOON)
        returned.refresh_from_db()
        answered_refund(returned, Outcome(OutcomeKind.ABNORMAL, code="AT_OUR_ACCOUNT"))

        # When, Then
        assert "Have it sent to our account" not in words(maker.get(page_of(returned)))
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(maker, "ask_our_account", returned, **WHY)
        refused(response, "remedy_not_asked")


class TestRefusals:
    @BOTH
    def test_it_is_offered_for_what_came_back_and_not_for_what_was_made(self, deed, label):
        # Given
        made = refunded(refund_asked(paid_payment(), amount_minor=3_000))
        maker = desk("finance_maker")
        assert label not in words(maker.get(page_of(made)))

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(maker, deed, made, **WHY)
        refused(response, "illegal_move")

        # When it has come back
        answered_refund(made, CAME_BACK)

        # Then
        assert label in words(maker.get(page_of(made)))

    @EACH
    def test_nobody_agrees_with_themselves(self, returned, deed):
        # Given
        boss = desk(is_superuser=True)
        press(boss, deed, returned, **WHY)

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = decide(boss, "approve")
        refused(response, SelfApprovalError.code, status=SelfApprovalError.status)

    @EACH
    def test_what_was_not_shown_is_not_agreed_to(self, returned, deed):
        # Given
        press(desk("finance_maker"), deed, returned, **WHY)
        checker = desk("finance_checker")

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = decide(checker, "approve", shown_digest="0" * 64)
        refused(response, "stale_approval")

    @EACH
    def test_nobody_asks_without_a_reason_or_while_another_waits(self, returned, deed):
        # Given
        maker = desk("finance_maker")

        # When, Then
        with nothing_written():
            silent = press(maker, deed, returned)
        assert (silent.status_code, "This field is required." in words(silent)) == (200, True)
        press(maker, deed, returned, **WHY)
        with nothing_written(but=ITS_OWN_REFUSAL):
            again = press(maker, "ask_our_account", returned, **WHY)
        refused(again, "remedy_not_asked")

    @EACH
    def test_a_no_needs_a_reason_and_leaves_it_owed(self, returned, deed):
        # Given
        press(desk("finance_maker"), deed, returned, **WHY)
        checker = desk("finance_checker")
        with nothing_written():
            silent = decide(checker, "reject")
        assert (silent.status_code, "This field is required." in words(silent)) == (200, True)

        # When
        assert decide(checker, "reject", reason="Pay the payer.").status_code == 302

        # Then
        returned.refresh_from_db()
        assert (returned.status, RefundRemedy.objects.get().status) == ("reversed", "rejected")
        assert ApprovalRequest.objects.get(kind="refund_remedy").state == "rejected"
        assert balance("2101", owner(returned)) == "30.00"

    @EACH
    @pytest.mark.parametrize("role", ["finance_checker", "support", "auditor", ""])
    def test_who_may_not_ask_is_turned_away(self, returned, deed, role):
        # Given
        client = desk(role)

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(client, deed, returned, **WHY)
        assert response.status_code == 403

    @EACH
    @pytest.mark.parametrize("name", ["approve", "reject"])
    def test_who_may_not_decide_is_turned_away(self, returned, deed, name):
        # Given
        press(desk("finance_maker"), deed, returned, **WHY)
        other = desk("finance_maker")

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = decide(other, name, **WHY)
        assert (response.status_code, RefundRemedy.objects.get().status) == (
            403,
            "pending_approval",
        )
