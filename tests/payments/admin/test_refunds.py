"""Refunds in the back office: explained on one page, asked for, decided by two, asked about."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.actions import approvals
from ledger.models import ApprovalDecision, AuditEntry, JournalEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import BalanceTransaction, ChannelOperation, Refund
from payments.queries.refunds import refund_payload
from tests.factories.payments import (
    FeePlanFactory,
    MerchantFactory,
    answered_refund,
    failed_refund,
    owed_payment,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.factories.terms import give_account_terms
from tests.instants import NOON
from tests.rig.pages import tables, words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, person, show_second_factor, signed_in

pytestmark = pytest.mark.django_db

SEES = ("view_payment", "view_refund", "view_refundallocation", "view_auditentry")


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is Thursday noon, nobody needs a second factor, and above 50.00 two people decide."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False
    settings.REFUND_APPROVAL_ABOVE = {"CNY": 5_000}


def officer(*rights: str) -> Client:
    """Return the browser of somebody new who sees refunds and has these rights besides."""
    user = person()
    user.user_permissions.add(*Permission.objects.filter(codename__in=(*SEES, *rights)))
    return signed_in(user)


@pytest.fixture
def maker() -> Client:
    return officer("request_refund", "cancel_refund", "ask_refund")


@pytest.fixture
def checker() -> Client:
    return officer("approve_refund", "ask_refund")


@pytest.fixture
def sellers():
    return MerchantFactory(name="Tea Co"), MerchantFactory(name="Ink Co")


@pytest.fixture
def payment(sellers):
    return paid_payment(*sellers, amounts_minor=(10_000, 5_000), unallocated_minor=300)


@pytest.fixture
def held(payment, maker) -> Refund:
    """Return a refund of all of it that the maker asked for, above the threshold."""
    return refund_asked(payment, actor=actor_of(maker))


def page(row: object) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def button(row: object, name: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


def press(client: Client, refund: Refund, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    shown = client.get(button(refund, name)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(refund, name), {**digest, **more})


def status_of(refund: Refund) -> str:
    refund.refresh_from_db()
    return refund.status


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
    }
    listed = checker.get(waiting(checker)["refunds to approve"].url)
    assert [row.pk for row in listed.context["cl"].result_list] == [held.pk]


# --- asking for it ------------------------------------------------------------------------------


def test_a_maker_sees_what_it_costs_and_asks_for_a_part(maker, payment, sellers):
    # Given
    shown = maker.get(button(payment, "refund"))
    (left,) = tables(shown)
    assert [row[:6] for row in left[1:]] == [
        ["Tea Co", "100.00 CNY", "0.00 CNY", "100.00 CNY", "2.00 CNY", "98.00 CNY"],
        ["Ink Co", "50.00 CNY", "0.00 CNY", "50.00 CNY", "1.00 CNY", "49.00 CNY"],
        ["belongs to no merchant", "3.00 CNY", "0.00 CNY", "3.00 CNY", "0.00 CNY", "3.00 CNY"],
    ]
    assert "Above 50.00 CNY another person has to approve it." in words(shown)
    number = re.search(r'name="merchant_refund_no" value="(rfn_\w+)"', shown.content.decode())[1]

    # When
    form = {sellers[0].pk: "30", sellers[1].pk: "5.5", "merchant_refund_no": number}
    response = maker.post(button(payment, "refund"), {**form, "reason": "Broken"}, follow=True)

    # Then
    refund = Refund.objects.get()
    assert response.redirect_chain == [(page(refund), 302)]
    assert "The money is set apart" in words(response)
    assert (refund.amount_minor, refund.status, refund.reason) == (3_550, "submitting", "Broken")
    assert (refund.merchant_refund_no, refund.requested_by) == (number, actor_of(maker))
    assert list(refund.allocations.values_list("amount_minor", flat=True)) == [3_000, 550]


def test_sent_twice_it_refunds_once_and_says_so(maker, payment, sellers):
    # Given
    form = {sellers[0].pk: "1", "merchant_refund_no": "RF-1", "reason": "Broken"}
    maker.post(button(payment, "refund"), form)

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = maker.post(button(payment, "refund"), form)

    # Then
    assert response.status_code == 409
    assert "RF-1 has already been used" in words(response)
    assert "No money has moved" in words(response)


def test_above_the_threshold_it_waits_for_another_person(maker, payment, sellers):
    form = {sellers[0].pk: "50.01", "merchant_refund_no": "RF-1", "reason": "Broken"}

    response = maker.post(button(payment, "refund"), form, follow=True)

    assert "Another person has to approve it; no money has moved." in words(response)
    assert Refund.objects.get().status == "pending_approval"


@pytest.mark.parametrize(
    ("amount", "complaint"),
    [
        ("100.01", "More than is left of it."),
        ("-1", "Write an amount such as 12.34."),
        ("1e2", "Write an amount such as 12.34."),
        ("1.005", "Write an amount such as 12.34."),
        ("１２", "Write an amount such as 12.34."),
        ("", "Say how much goes back."),
        ("0", "Say how much goes back."),
    ],
)
def test_an_amount_that_cannot_be_is_explained(maker, payment, sellers, amount, complaint):
    form = {sellers[0].pk: amount, "merchant_refund_no": "RF-1", "reason": "Broken"}

    with nothing_written():
        response = maker.post(button(payment, "refund"), form)

    assert complaint in words(response)


@pytest.mark.parametrize("reason", ["turned \u202e round", "4111 1111 1111 1111", "", "x" * 81])
def test_a_reason_is_plain_text_without_card_numbers(maker, payment, sellers, reason):
    form = {sellers[0].pk: "1", "merchant_refund_no": "RF-1", "reason": reason}

    with nothing_written():
        response = maker.post(button(payment, "refund"), form)

    assert response.status_code == 200


def test_nothing_is_offered_when_nothing_is_left_or_nothing_came(maker, payment):
    # Given
    refund_asked(payment)

    # When / Then
    assert "All of it was refunded" in words(maker.get(button(payment, "refund")))
    owed = owed_payment()
    assert "Refund payment" not in words(maker.get(page(owed)))
    form = {"merchant_refund_no": "RF-1", "reason": "Broken"}
    with nothing_written():
        maker.post(button(owed, "refund"), form)


# --- deciding -----------------------------------------------------------------------------------


def test_two_people_approve_and_the_order_is_written(maker, checker, held):
    # Given
    shown = checker.get(button(held, "approve"))
    assert "153.00 CNY" in words(shown)

    # When
    response = press(checker, held, "approve")

    # Then
    decision = ApprovalDecision.objects.get(request=held.approval)
    assert (response.status_code, status_of(held)) == (302, "submitting")
    assert (decision.maker, decision.approver) == (actor_of(maker), actor_of(checker))
    assert held.operation.amount_minor == 15_300


def test_nobody_approves_what_they_asked_for(payment):
    # Given
    both = officer("request_refund", "approve_refund")
    refund = refund_asked(payment, actor=actor_of(both))
    assert "another person has to decide" in words(both.get(button(refund, "approve")))

    # When
    digest = approvals.digest_of(refund_payload(refund)).hex()
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = both.post(button(refund, "approve"), {"shown_digest": digest})

    # Then
    assert (response.status_code, status_of(refund)) == (403, "pending_approval")


def test_a_digest_of_something_else_approves_nothing(checker, held):
    for digest in ("", "zz", "00" * 32):
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = checker.post(button(held, "approve"), {"shown_digest": digest})
        assert (response.status_code, status_of(held)) == (409, "pending_approval")


def test_approving_asks_for_a_fresh_second_factor(checker, held, settings, monkeypatch):
    # Given
    settings.STAFF_SECOND_FACTOR = True
    monkeypatch.setattr("config.middleware.is_mfa_enabled", lambda user, types: True)
    digest = {"shown_digest": approvals.digest_of(refund_payload(held)).hex()}

    # When
    with nothing_written():
        refused = checker.post(button(held, "approve"), digest)
    show_second_factor(checker, seconds_ago=10)
    taken = checker.post(button(held, "approve"), digest)

    # Then
    assert refused["Location"].startswith(f"{reverse('mfa_reauthenticate')}?next=")
    assert (taken["Location"], status_of(held)) == (page(held), "submitting")
    assert ApprovalDecision.objects.get().second_factor.startswith("totp ")


def test_a_checker_rejects_with_a_reason_and_the_money_is_free_again(checker, held, payment):
    # When
    press(checker, held, "reject", reason="Goods were used")

    # Then
    assert status_of(held) == "rejected"
    deed = AuditEntry.objects.filter(action="refund.rejected", subject=held.pk).latest("pk")
    assert (deed.actor, deed.reason) == (actor_of(checker), "Goods were used")
    assert refund_asked(payment).amount_minor == 15_300


def test_a_maker_cancels_what_waits(maker, held):
    response = maker.post(button(held, "cancel"), {"reason": "By mistake"}, follow=True)

    assert "Cancelled. No money moved." in words(response)
    assert status_of(held) == "cancelled"
    assert AuditEntry.objects.get(action="refund.cancelled").reason == "By mistake"


def test_what_is_on_its_way_cannot_be_cancelled(maker, payment):
    refund = refund_asked(payment, shares={payment.allocations.first().merchant_id: 100})

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = maker.post(button(refund, "cancel"), {"reason": "Too late"})

    assert (response.status_code, status_of(refund)) == (409, "submitting")


# --- funding and asking -------------------------------------------------------------------------


@pytest.fixture
def short() -> Refund:
    """Return a refund that waits for funds: the fee is kept, so that 1.00 is missing."""
    merchant = MerchantFactory(name="Tea Co", fee_plan=FeePlanFactory(refund_policy="keep"))
    refund = refund_asked(paid_payment(merchant, amounts_minor=(5_000,)))
    assert refund.status == "funding_required"
    return refund


def test_a_refund_without_funds_says_what_is_missing_and_goes_on_when_it_is_there(maker, short):
    # Given
    draws = next(table for table in tables(maker.get(page(short))) if "Missing" in table[0])
    assert draws[1] == [
        "Tea Co",
        "50.00 CNY",
        "49.00 CNY",
        "0.00 CNY",
        "0.00 CNY",
        "0.00 CNY",
        "1.00 CNY",
    ]
    with nothing_written():
        response = maker.post(button(short, "fund"), follow=True)
    assert "There is still not enough." in words(response)

    # When
    seller = short.payment.allocations.get().merchant
    give_account_terms(seller, advance_limit_minor=100)
    response = maker.post(button(short, "fund"), follow=True)

    # Then
    assert "Funded. The channel is asked" in words(response)
    assert status_of(short) == "submitting"


def test_a_person_has_the_channel_asked(checker, payment):
    # Given
    refund = answered_refund(refund_asked(payment, shares=_of_first(payment)), _unknown())
    assert refund.status == "unknown"

    # When
    response = checker.post(button(refund, "ask"), follow=True)

    # Then
    assert "The channel is being asked." in words(response)
    asked = ProcrastinateJob.objects.get(queueing_lock=f"{refund.pk}:asked")
    assert (asked.task_name, asked.args["refund_id"]) == ("payments.query_refund", refund.pk)
    deed = AuditEntry.objects.get(action="refund.asked_about", subject=refund.pk)
    assert deed.actor == actor_of(checker)
    assert status_of(refund) == "unknown"


def test_a_refund_that_failed_and_was_made_after_all_waits_for_people(checker, payment):
    # Given
    refund = failed_refund(refund_asked(payment, shares=_of_first(payment)))
    refunded(refund)

    # When
    things = {thing.what: thing for thing in checker.get("/admin/").context["waiting"]}

    # Then
    assert things["contradicted refunds"].count == 1
    listed = checker.get(things["contradicted refunds"].url)
    assert [row.pk for row in listed.context["cl"].result_list] == [refund.pk]


def test_an_order_at_rest_is_asked_about_by_hand_too(checker, payment):
    # Given the last question was asked long ago
    refund = answered_refund(refund_asked(payment, shares=_of_first(payment)), _unknown())
    ChannelOperation.objects.filter(subject=refund.pk).update(status="manual_review")

    # When
    checker.post(button(refund, "ask"), follow=True)

    # Then
    asked = ProcrastinateJob.objects.get(queueing_lock=f"{refund.pk}:asked")
    assert (asked.args["refund_id"], asked.args["is_notified"]) == (refund.pk, True)


def test_nothing_is_asked_about_what_is_over(checker, payment):
    refund = refunded(refund_asked(payment, shares=_of_first(payment)))

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = checker.post(button(refund, "ask"))

    assert response.status_code == 409


def _of_first(payment) -> dict[str, int]:
    return {payment.allocations.order_by("place").first().merchant_id: 1_000}


def _unknown() -> Outcome:
    return Outcome(OutcomeKind.UNKNOWN, code="TIMEOUT")


# --- four callers -------------------------------------------------------------------------------

BUTTONS = {
    "approve": "approve_refund",
    "reject": "approve_refund",
    "cancel": "cancel_refund",
    "fund": "request_refund",
    "ask": "ask_refund",
}


@pytest.mark.parametrize("name", [*BUTTONS, "refund"])
def test_a_stranger_is_asked_to_sign_in(client, held, payment, name):
    row = payment if name == "refund" else held

    with nothing_written():
        response = client.post(button(row, name), {"reason": "because"})

    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize(("name", "right"), [*BUTTONS.items(), ("refund", "request_refund")])
def test_without_the_right_it_is_refused_and_noted(held, payment, name, right):
    # Given
    others = {*BUTTONS.values()} - {right}
    client = officer(*others)
    row = payment if name == "refund" else held

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = client.post(button(row, name), {"reason": "because"})

    # Then
    noted = AuditEntry.objects.latest("pk")
    assert (response.status_code, status_of(held)) == (403, "pending_approval")
    assert (noted.actor, noted.subject, noted.reason) == (
        actor_of(client),
        row.pk,
        "permission_denied",
    )


def test_looking_at_a_button_does_nothing(maker, checker, held, payment):
    for client, row, name in (
        (maker, payment, "refund"),
        (maker, held, "cancel"),
        (maker, held, "fund"),
        (checker, held, "approve"),
        (checker, held, "reject"),
        (checker, held, "ask"),
    ):
        with nothing_written():
            assert client.get(button(row, name)).status_code == 200
