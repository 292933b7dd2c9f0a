"""A channel account's page: how its channel answers, and what examinations of it found."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import AuditEntry
from payments.actions import examinations, routing
from payments.actions.channel_findings import Finding, Level
from payments.actions.channels import point_at_gateway
from payments.models import (
    CallResult,
    ChannelAccount,
    ChannelCall,
    ChannelExamination,
    DatabaseClock,
    PaymentMethod,
)
from payments.queries.channel_health import (
    DAY,
    HOUR,
    health_of,
    slots_of,
    worrying_examinations,
)
from tests.factories.payments import AlipayAccountFactory, BankAccountFactory
from tests.instants import NOON
from tests.rig.attacks import refused
from tests.rig.counter import NOBODY_LISTENS
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk
from tests.rig.stage import run_jobs


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


def page_of(client: Client, account: ChannelAccount) -> str:
    url = reverse("admin:payments_channelaccount_change", args=[account.pk])
    return words(client.get(url))


def examine_url(account: ChannelAccount) -> str:
    return reverse("admin:payments_channelaccount_examine", args=[account.pk])


def called(account: ChannelAccount, result: CallResult, millis: int, *, ago=None) -> None:
    at = DatabaseClock() if ago is None else DatabaseClock() - ago
    ChannelCall.objects.create(channel_account=account, called_at=at, result=result, millis=millis)


@pytest.mark.django_db
def test_shows_the_last_hour_and_day_of_this_account_alone():
    # Given
    account, other = AlipayAccountFactory(), AlipayAccountFactory()
    for millis in (10, 20, 30, 400):
        called(account, CallResult.ANSWERED, millis)
    called(account, CallResult.NO_ANSWER, 10_000)
    called(account, CallResult.NOT_CONNECTED, 1, ago=2 * HOUR)
    called(account, CallResult.ANSWERED, 1, ago=DAY + HOUR)
    called(other, CallResult.FAILED, 7)

    # When
    hour = health_of([account.pk, other.pk], within=HOUR)
    day = health_of([account.pk], within=DAY)[account.pk]

    # Then
    assert (hour[account.pk].calls, hour[account.pk].troubles) == (5, 1)
    assert (hour[account.pk].median_ms, hour[account.pk].p95_ms) == (20, 400)
    assert (hour[other.pk].calls, hour[other.pk].troubles) == (1, 0)
    assert (day.calls, day.troubles) == (6, 2)
    page = page_of(desk("finance_maker"), account)
    assert "last hour 4 0 0 1 0 20 400" in page
    assert "the last 24 hours 4 0 0 1 1 20 400" in page


@pytest.mark.django_db
def test_draws_the_last_hour_and_says_it_in_words():
    # Given
    account, client = AlipayAccountFactory(), desk("finance_maker")
    url = reverse("admin:payments_channelaccount_change", args=[account.pk])
    list_url = reverse("admin:payments_channelaccount_changelist")
    assert "Nobody spoke to this channel in the last hour." in page_of(client, account)
    assert "no calls" in words(client.get(list_url))

    # When
    for millis in (10, 20, 30):
        called(account, CallResult.ANSWERED, millis)
    called(account, CallResult.FAILED, 400, ago=HOUR / 2)
    called(account, CallResult.NO_ANSWER, 10_000, ago=HOUR / 2)
    called(account, CallResult.ANSWERED, 1, ago=2 * HOUR)

    # Then
    page = client.get(url)
    assert (
        "Of 5 exchanges 4 had an answer: 80.0 %. Half of the answers came within 20 ms,"
        " 95 of 100 within 400 ms." in words(page)
    )
    assert "1 of 2 had an answer" in page.content.decode()
    chart = page.content.decode().partition('class="house-chart"')[2].partition("</figure>")[0]
    assert chart.count("<svg") == 2
    assert "<script" not in chart
    assert "80.0 % · 400 ms" in words(client.get(list_url))


@pytest.mark.django_db
def test_slots_are_of_this_account_and_this_hour():
    # Given
    account = AlipayAccountFactory()
    called(account, CallResult.ANSWERED, 20)
    called(account, CallResult.UNKNOWN, 40)
    called(account, CallResult.NOT_CONNECTED, 9, ago=HOUR - timedelta(minutes=1))
    called(account, CallResult.ANSWERED, 1, ago=HOUR + timedelta(minutes=1))
    called(AlipayAccountFactory(), CallResult.ANSWERED, 7)

    # When
    slots = slots_of(account.pk)

    # Then
    assert [(slot.calls, slot.answered, slot.median_ms) for slot in slots] == [
        (1, 0, None),
        *[(0, 0, None)] * 10,
        (2, 1, 20),
    ]


@pytest.mark.django_db
def test_closed_scenes_stand_beside():
    # Given
    account = AlipayAccountFactory()
    routing.close_scene(
        PaymentMethod.ALIPAY_QR,
        actor="user:1",
        at=NOON,
        reason="Fraud wave",
        channel_account_id=account.pk,
    )

    # Then
    assert "Fraud wave" in page_of(desk("finance_maker"), account)


def test_a_worker_examines_and_the_page_tells(marketplace):
    # Given
    client, account = desk("finance_maker"), marketplace.alipay
    assert "Never examined" in page_of(client, account)

    # When
    client.post(examine_url(account))

    # Then the page looks again until it is done
    url = reverse("admin:payments_channelaccount_change", args=[account.pk])
    assert 'http-equiv="refresh"' in client.get(url).content.decode()
    assert not ChannelExamination.objects.exists()
    assert AuditEntry.objects.filter(
        action="channel_account.examination_requested", actor=actor_of(client)
    ).exists()

    # When
    assert run_jobs() == ["payments.examine_account"]

    # Then
    found = ChannelExamination.objects.get()
    assert (found.asked_by, found.errors, found.examined_at) == (actor_of(client), 0, NOON)
    page = page_of(client, account)
    assert "The channel believed our signature, and we believed its answer." in page
    assert 'http-equiv="refresh"' not in client.get(url).content.decode()
    with refused("permission denied|written once"):
        ChannelExamination.objects.update(errors=7)


def test_pressed_twice_it_is_examined_once(marketplace):
    # Given
    client = desk("finance_maker")

    # When
    client.post(examine_url(marketplace.alipay))
    client.post(examine_url(marketplace.alipay))

    # Then
    assert ProcrastinateJob.objects.count() == 1


def test_every_night_all_are_and_errors_stand_on_the_home_page(marketplace):
    # Given
    point_at_gateway(marketplace.alipay, gateway_url=NOBODY_LISTENS, actor="user:1", at=NOON)
    BankAccountFactory(is_enabled=False)

    # When
    assert examinations.request_all(actor="task:payments.examine_all", at=NOON) == 2
    run_jobs()

    # Then
    assert set(ChannelExamination.objects.values_list("channel_account", flat=True)) == {
        marketplace.alipay.pk,
        marketplace.bank.pk,
    }
    (failing,) = worrying_examinations()
    assert failing.channel_account == marketplace.alipay
    assert f"{marketplace.alipay.name}: its last examination found errors." in words(
        desk("finance_maker").get(reverse("admin:index"))
    )


@pytest.mark.django_db
def test_a_certificate_that_ends_soon_stands_on_the_home_page_until_it_is_replaced():
    # Given
    account, off = AlipayAccountFactory(name="Shop"), AlipayAccountFactory(is_enabled=False)
    ends = {
        "check": "certificate",
        "level": "warning",
        "code": "certificate_ends",
        "parameters": {"serial": "7", "day": "2026-03-20"},
    }
    for row in (account, off):
        examination(row, ends)

    # When, Then
    home = reverse("admin:index")
    text = "Shop: a certificate ends soon. Enter the new one before."
    assert [found.channel_account for found in worrying_examinations()] == [account]
    assert text in words(desk("finance_maker").get(home))

    # When the new one is in use
    examination(account)

    # Then
    assert worrying_examinations() == []
    assert text not in words(desk("finance_maker").get(home))


def examination(account: ChannelAccount, *findings: dict[str, object]) -> ChannelExamination:
    return ChannelExamination.objects.create(
        channel_account=account,
        asked_by="task:payments.examine_all",
        examined_at=NOON,
        errors=0,
        warnings=1,
        findings=list(findings),
    )


@pytest.mark.django_db
def test_findings_are_kept_as_codes_and_told_in_the_readers_language():
    # Given an examination by a worker, who has no language
    account, client = AlipayAccountFactory(), desk("finance_maker")
    finding = Finding("clock", Level.ERROR, "clock_off", {"seconds": 300})
    answers = Finding("reach", Level.FINE, "reached")
    kept = examination(account, finding.kept(), answers.kept()).findings
    assert kept == [
        {"check": "clock", "level": "error", "code": "clock_off", "parameters": {"seconds": 300}},
        {"check": "reach", "level": "fine", "code": "reached", "parameters": {}},
    ]

    # Then
    english = page_of(client, account)
    assert "The channel's clock is 300 seconds ahead of the database's." in english
    assert "Set the clock of the database's machine by NTP." in english
    assert "The gateway answers." in english
    client.cookies["django_language"] = "zh-hans"
    chinese = page_of(client, account)
    assert "网关有应答。" in chinese
    assert "The gateway answers." not in chinese


@pytest.mark.django_db
def test_findings_that_were_kept_as_sentences_are_read_as_they_are():
    # Given a row from before
    account = AlipayAccountFactory()
    examination(
        account,
        {"check": "reach", "level": "warning", "seen": "It was slow.", "todo": "Wait."},
        {"check": "novel", "level": "fine", "code": "of_another_version", "parameters": {}},
    )

    # Then
    page = page_of(desk("finance_maker"), account)
    assert "reach warning It was slow. Wait." in page
    assert "novel fine of_another_version" in page


@pytest.mark.django_db
def test_who_only_looks_has_nothing_examined():
    # Given
    account, auditor = BankAccountFactory(), desk("auditor")

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert auditor.post(examine_url(account)).status_code == 403
