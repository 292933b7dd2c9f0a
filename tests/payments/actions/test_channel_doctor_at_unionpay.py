"""The channel doctor at UnionPay: each finding is brought about at the gateway, or at our door."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from payments.actions import holds
from payments.actions.channel_doctor import examine
from payments.actions.channels import point_at_gateway
from payments.models import (
    ChannelAccount,
    ChannelBreaker,
    ChannelExamination,
    ChannelNotification,
    DatabaseClock,
    HoldCover,
)
from settlements.rehearsal import channel_accounts
from settlements.rehearsal.channel_accounts import UNIONPAY_CERT_ID, Terms
from tests.instants import NOON
from tests.payments.actions.test_channel_doctor import levels, stranger_pem
from tests.payments.channels.unionpay import messages
from tests.rig.counter import NOBODY_LISTENS
from tests.rig.pages import words
from tests.rig.rows import nothing_written
from tests.rig.staff import desk
from tests.rig.stage import order_fault, run_jobs

MER_ID = "777290058119007"
SOUND = {
    "configuration": "fine",
    "our_key": "fine",
    "their_key": "fine",
    "certificate": "fine",
    "notify_url": "fine",
    "reach": "fine",
    "signature": "fine",
    "notifications": "warning",
}


@pytest.fixture
def cards(marketplace, simulator) -> ChannelAccount:
    return channel_accounts.unionpay_account(
        Terms("Cards", "CNY", 60, marketplace.plan.bank_account_no),
        mer_id=MER_ID,
        bank=marketplace.bank,
        other_side=simulator,
        at=NOON,
    )


def ill(account: ChannelAccount) -> dict[str, tuple[str, str]]:
    """Return what is not as at a sound account: each check's level, and what was seen."""
    return {
        finding.check: (finding.level.value, finding.seen)
        for finding in examine(account)
        if finding.level.value != SOUND.get(finding.check, "fine")
    }


def test_a_sound_account_is_sound_and_nothing_is_written(cards):
    with nothing_written():
        assert levels(cards) == SOUND


@pytest.mark.parametrize(
    "missing", ["merchant_no", "gateway_url", "private_key_encrypted", "key_serial"]
)
def test_what_is_not_set_is_named(cards, missing):
    # Given
    setattr(cards, missing, "")

    # Then
    assert ill(cards)["configuration"] == ("error", f"Not set: {missing}.")


def test_a_gateway_that_nobody_serves_is_an_error(cards):
    # Given
    point_at_gateway(cards, gateway_url=NOBODY_LISTENS, actor="user:1", at=NOON)

    # Then
    found = ill(cards)
    assert {check: level for check, (level, _seen) in found.items()} == {
        "reach": "error",
        "signature": "error",
    }
    assert "NOT_CONNECTED" in found["signature"][1]


def test_a_merchant_who_has_another_key_there_is_an_error(cards, simulator):
    # Given UnionPay was given another public key under our certId
    simulator.register_unionpay_merchant(
        mer_id=MER_ID,
        cert_id=UNIONPAY_CERT_ID,
        public_key_pem=stranger_pem(),
        fee_bps=60,
        bank_account_no=None,
    )

    # Then
    assert ill(cards)["signature"] == ("error", "The answer was 11: 验证签名失败")


def test_answers_under_a_strange_root_are_an_error_that_says_what_to_do(cards):
    # Given
    cards.channel_public_key = messages.ROOT

    # Then
    (finding,) = [found for found in examine(cards) if found.check == "signature"]
    assert (finding.level, "BAD_SIGNATURE" in finding.seen) == ("error", True)
    assert finding.todo


def test_certificates_without_a_root_are_an_error(cards):
    # Given
    cards.channel_public_key = messages.THEIRS

    # Then
    assert "no root certificate" in ill(cards)["signature"][1]


@pytest.mark.parametrize("text", ["", "not a key"])
def test_certificates_that_are_none_are_an_error(cards, text):
    # Given
    cards.channel_public_key = text

    # Then
    found = ill(cards)
    assert (found["their_key"][0], found["signature"][0]) == ("error", "error")


@pytest.mark.parametrize(("days", "level"), [(31, "fine"), (29, "warning"), (-1, "error")], ids=str)
def test_a_root_warns_thirty_days_before_it_ends(cards, days, level):
    # Given
    now = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).first()
    ends_at = now + timedelta(days=days)
    cards.channel_public_key = messages.certificate(
        "Root", messages.AUTHORITY_KEY, is_authority=True, ends_at=ends_at
    )

    # Then
    assert levels(cards)["certificate"] == level


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("bad_signature", "BAD_SIGNATURE"),
        ("timeout_before", "NO_ANSWER"),
        ("http_500", "HTTP_STATUS"),
        ("system_error", "99"),
    ],
)
def test_a_wrong_answer_is_named(cards, simulator, fault, code):
    # Given
    order_fault(simulator, fault, method="unionpay.query", app_id=MER_ID)

    # Then
    level, seen = ill(cards)["signature"]
    assert (level, seen.startswith(f"The answer was {code}")) == ("error", True)

    # When the fault is over
    assert ill(cards) == {}


def test_messages_are_counted_as_genuine_and_as_forged(cards):
    # Given one of each, as they are judged at our door
    forged = messages.notice({"respCode": "00"})
    url, form = f"/notify/{cards.pk}/", "application/x-www-form-urlencoded"
    assert Client().post(url, forged, content_type=form).status_code == 400

    # Then
    assert ill(cards) == {
        "refused": ("warning", "1 notifications of the week were refused as forged.")
    }

    # When
    kept = ChannelNotification.objects.create(
        channel_account=cards, body=b"a=b", received_at=NOON, headers={}
    )
    ChannelNotification.objects.filter(pk=kept.pk).update(
        verdict="genuine", notification_id="n1", channel_no="ATT1"
    )

    # Then
    assert levels(cards)["notifications"] == "fine"


def test_what_holds_it_back_is_told(cards):
    # Given
    holds.hold_sending(
        HoldCover.EVERYTHING, channel_account_id=cards.pk, actor="user:1", at=NOON, reason="Alarm."
    )
    ChannelBreaker.objects.create(
        channel_account=cards,
        failed_at=[NOON] * 5,
        opened_at=NOON,
        probe_at=NOON,
        pauses=2,
        reason="Ten in a row.",
    )
    cards.is_enabled = False

    # Then
    assert ill(cards) == {
        "enabled": ("warning", "The account is switched off."),
        "hold": ("warning", "Sending is held back: Alarm."),
        "breaker": ("warning", "The breaker is open: Ten in a row."),
    }


def test_the_command_and_the_page_tell_the_same(cards, simulator, capsys, settings):
    # Given
    settings.STAFF_SECOND_FACTOR = False
    staff = desk("finance_maker")
    order_fault(simulator, "bad_signature", method="unionpay.query", app_id=MER_ID)

    # When
    with pytest.raises(SystemExit) as ended:
        call_command("channel_doctor", cards.pk, "--json")
    told = json.loads(capsys.readouterr().out)[cards.pk]

    # Then
    assert ended.value.code == 1
    (broken,) = [finding for finding in told if finding["level"] == "error"]
    assert (broken["check"], "BAD_SIGNATURE" in broken["seen"]) == ("signature", True)

    # When
    order_fault(simulator, "bad_signature", method="unionpay.query", app_id=MER_ID)
    staff.post(reverse("admin:payments_channelaccount_examine", args=[cards.pk]))
    run_jobs()

    # Then
    kept = ChannelExamination.objects.get()
    assert (kept.errors, kept.warnings) == (1, 1)
    page = words(staff.get(reverse("admin:payments_channelaccount_change", args=[cards.pk])))
    assert broken["seen"] in page
    assert broken["todo"] in page

    # When
    call_command("channel_doctor", cards.pk)

    # Then
    assert "ok      signature: The channel believed our signature" in capsys.readouterr().out
