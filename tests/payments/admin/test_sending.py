"""Holds and dead lines in the back office: seen at once, placed by one, released by two."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from payments.actions import holds
from payments.models import ChannelAccount, ChannelBreaker, HoldCover, SendingHold
from tests.factories.payments import AlipayAccountFactory
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


@pytest.fixture
def checker() -> Client:
    return desk("finance_checker")


@pytest.fixture
def account() -> ChannelAccount:
    return AlipayAccountFactory(name="Alipay of the house")


def button(name: str, row=None, *, of: str = "sendinghold") -> str:
    name = name.replace("-", "_")
    return reverse(f"admin:payments_{of}_{name}", args=[] if row is None else [row.pk])


def held() -> SendingHold:
    return holds.hold_sending(HoldCover.PAYOUTS, actor="user:77", at=NOON, reason="Short by 3.00")


def test_one_person_stops_an_account_and_everybody_sees_it(checker, account):
    # When
    url = button("hold", account, of="channelaccount")
    checker.post(url, {"covers": "everything", "reason": "Odd answers."})

    # Then
    hold = SendingHold.objects.get()
    assert (hold.channel_account, hold.covers, hold.placed_by) == (
        account,
        "everything",
        actor_of(checker),
    )
    page = words(checker.get(reverse("admin:payments_channelaccount_change", args=[account.pk])))
    assert "Held back: everything that is sent. Odd answers." in page
    assert "Held back: everything that is sent, Alipay of the house." in words(
        checker.get(reverse("admin:index"))
    )


def test_all_accounts_are_stopped_from_the_list(checker):
    # When
    checker.post(button("hold"), {"covers": "payouts", "reason": "Alarm."})

    # Then
    assert SendingHold.objects.get().channel_account is None


def test_two_people_release_it(maker, checker):
    # Given
    hold = held()
    maker.post(button("ask-release", hold), {"reason": "Found."})
    page = checker.get(button("approve-release", hold))
    assert "Short by 3.00" in words(page)
    digest = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', page.content.decode())
    assert digest is not None

    # When
    checker.post(button("approve-release", hold), {"shown_digest": digest[1]})

    # Then
    hold.refresh_from_db()
    assert hold.released_at == NOON
    assert "Held back" not in words(checker.get(reverse("admin:index")))


def test_who_may_stop_may_not_let_go(account):
    # Given
    risk, hold = desk("risk_officer"), held()

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = risk.post(button("ask-release", hold), {"reason": "Found."})
    assert response.status_code == 403


def test_a_dead_line_is_told_with_its_reason(checker, account):
    # Given
    ChannelBreaker.objects.create(
        channel_account=account,
        failed_at=[NOON] * 5,
        opened_at=NOON,
        probe_at=NOON,
        pauses=2,
        reason="NOT_CONNECTED refused",
    )

    # When, Then
    page = words(checker.get(reverse("admin:payments_channelaccount_change", args=[account.pk])))
    assert "NOT_CONNECTED refused" in page
    assert "Alipay of the house does not answer" in words(checker.get(reverse("admin:index")))
