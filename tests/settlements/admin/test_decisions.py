# ruff: noqa: F811  fixtures are imported
"""The buttons of one settlement: two people, what was shown, and a fresh second factor."""

import pytest

from ledger.actions.approvals import digest_of
from ledger.models import ApprovalDecision, AuditEntry
from settlements.actions import settlements
from settlements.models import Payout, Settlement
from tests.factories.settlements import (
    destination_of,
    shown_digest,
)
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk
from tests.settlements.admin.decision_desk import (  # noqa: F401
    bank,
    button,
    checker,
    draft,
    maker,
    page,
    press,
    submitted_by,
    without_second_factor,
)

pytestmark = pytest.mark.django_db


# --- submit -------------------------------------------------------------------------------------


def test_a_maker_submits_and_is_told_what_comes_next(maker, draft):
    # When
    response = maker.post(button(draft, "submit"), follow=True)

    # Then
    draft.refresh_from_db()
    assert response.redirect_chain == [(page(draft), 302)]
    assert "Another person has to approve it now." in words(response)
    assert (draft.status, draft.approval.maker) == ("submitted", actor_of(maker))
    deed = AuditEntry.objects.get(action="settlement.submitted", subject=draft.pk)
    assert (deed.client_ip, len(deed.request_id)) == ("127.0.0.1", 36)


def test_looking_at_a_button_does_nothing(maker, draft):
    with nothing_written():
        response = maker.get(button(draft, "submit"))

    assert "147.00 CNY" in words(response)
    assert "its lines add up to 2 150.00 CNY 3.00 CNY 147.00 CNY" in words(response)


# --- four callers -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["submit", "approve", "reject", "cancel", "release_review"])
def test_a_stranger_is_asked_to_sign_in(client, draft, name):
    with nothing_written():
        response = client.post(button(draft, name), {"reason": "because"})

    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("auditor", "submit"),
        ("auditor", "approve"),
        ("finance_maker", "approve"),
        ("finance_maker", "reject"),
        ("finance_maker", "release_review"),
        ("finance_checker", "submit"),
        ("finance_checker", "cancel"),
        ("support", "cancel"),
    ],
)
def test_a_role_without_the_right_is_refused_and_noted(draft, role, name):
    # Given
    client = desk(role)
    before = Settlement.objects.values().get(pk=draft.pk)

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = client.post(button(draft, name), {"reason": "because"})

    # Then
    noted = AuditEntry.objects.latest("pk")
    assert response.status_code == 403
    assert Settlement.objects.values().get(pk=draft.pk) == before
    assert (noted.actor, noted.subject, noted.reason) == (
        actor_of(client),
        draft.pk,
        "permission_denied",
    )
    assert noted.action.endswith(".refused")


def test_two_people_approve_and_a_payout_waits(maker, checker, draft):
    # Given
    submitted_by(maker, draft)

    # When
    response = press(checker, draft, "approve")

    # Then
    draft.refresh_from_db()
    decision = ApprovalDecision.objects.get(request=draft.approval)
    assert (response.status_code, draft.status) == (302, "approved")
    assert (decision.maker, decision.approver) == (actor_of(maker), actor_of(checker))
    assert (decision.client_ip, decision.second_factor) == ("127.0.0.1", "not asked")
    assert bytes(draft.approved_digest) == shown_digest(draft)
    assert Payout.objects.get(settlement=draft).status == "queued"


def test_a_superuser_cannot_approve_what_they_submitted(draft):
    # Given
    boss = desk(is_superuser=True)
    submitted_by(boss, draft)
    shown = boss.get(button(draft, "approve"))

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = boss.post(button(draft, "approve"), {"shown_digest": shown_digest(draft).hex()})

    # Then
    draft.refresh_from_db()
    assert "You submitted this settlement, so another person has to decide" in words(shown)
    assert "shown_digest" not in shown.content.decode()
    assert (response.status_code, draft.status) == (403, "submitted")
    assert "Nobody may approve their own request." in words(response)
    assert "No money has moved and nothing was changed." in words(response)
    noted = AuditEntry.objects.latest("pk")
    assert (noted.action, noted.reason) == ("settlement.approve.refused", "self_approval")


# --- what was shown -----------------------------------------------------------------------------


def test_the_approve_page_shows_what_is_agreed_to(maker, checker, draft):
    # Given
    submitted_by(maker, draft)

    # When
    text = words(checker.get(button(draft, "approve")))

    # Then
    assert "商户甲有限公司" in text
    assert "···· 4321" in text
    assert "6222020000000004321" not in text
    assert "147.00 CNY" in text
    assert "one hundred forty-seven and 00/100 CNY" in text
    assert "This merchant has never been paid before in this currency." in text
    assert "on hold 147.00 CNY −147.00 CNY 0.00 CNY" in text
    assert "ties out 0 0.00 CNY 0.00 CNY 0.00 CNY" in text
    assert digest_of(settlements.settlement_payload(draft)).hex() in text


def test_writes_the_amount_in_capitals_for_chinese_readers(maker, checker, draft):
    submitted_by(maker, draft)

    response = checker.get(button(draft, "approve"), headers={"accept-language": "zh-hans"})

    assert "人民币壹佰肆拾柒元整" in words(response)


def test_a_change_in_between_is_refused_and_ends_the_request(maker, checker, draft):
    # Given
    submitted_by(maker, draft)
    old = shown_digest(draft).hex()
    destination_of(draft.merchant, account_no="6222020000000009999")

    # When
    response = checker.post(button(draft, "approve"), {"shown_digest": old})

    # Then
    draft.refresh_from_db()
    assert (response.status_code, draft.status, draft.status_code) == (
        409,
        "draft",
        "stale_approval",
    )
    assert "The request has changed since it was shown." in words(response)
    assert "so the request is void. It can be asked anew." in words(response)
    assert old not in response.content.decode()
    assert draft.approval.state == "voided"
    voided = AuditEntry.objects.get(action="settlement.approval_voided")
    assert (voided.subject, voided.actor) == (draft.pk, actor_of(checker))
    assert voided.before == {"destination_is_active": True}
    assert voided.after == {"request": draft.approval_id, "destination_is_active": False}

    # And it may be submitted anew, to the account of now
    submitted_by(maker, draft)
    press(checker, draft, "approve")
    draft.refresh_from_db()
    assert draft.status == "approved"


@pytest.mark.parametrize("digest", ["", "nonsense", "00" * 32])
def test_a_digest_that_was_not_shown_is_refused(maker, checker, draft, digest):
    submitted_by(maker, draft)

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = checker.post(button(draft, "approve"), {"shown_digest": digest})

    assert response.status_code == 409


def test_a_button_pressed_twice_tells_that_it_was_done(maker, checker, draft):
    # Given
    submitted_by(maker, draft)
    digest = shown_digest(draft).hex()
    checker.post(button(draft, "approve"), {"shown_digest": digest})

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = checker.post(button(draft, "approve"), {"shown_digest": digest})

    # Then
    assert response.status_code == 409
    assert "A settlement cannot go from approved to approved." in words(response)
