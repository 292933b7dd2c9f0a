"""Channel accounts in the back office: registered, given terms by two people, switched off."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import ChannelAccount
from tests.factories.payments import AlipayAccountFactory, BankAccountFactory
from tests.instants import NOON
from tests.rig.key_pairs import pair
from tests.rig.keys import approve, enter
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

LIST = "admin:payments_channelaccount_changelist"
REGISTER = "admin:payments_channelaccount_register"


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


def button(name: str, row: ChannelAccount) -> str:
    return reverse(f"admin:payments_channelaccount_{name.replace('-', '_')}", args=[row.pk])


def page(row: ChannelAccount) -> str:
    return reverse("admin:payments_channelaccount_change", args=[row.pk])


def press(client: Client, name: str, row: ChannelAccount, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    shown = client.get(button(name, row)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(name, row), {**digest, **more}, follow=True)


def entry(bank: ChannelAccount, **other: str) -> dict[str, str]:
    return {
        "channel": "alipay",
        "name": "Alipay of the house",
        "currency": "cny",
        "merchant_no": "2088000000000001",
        "app_id": "2021000000000001",
        "agent_code": "",
        "gateway_url": "http://127.0.0.1:1/gateway.do",
        "channel_fee_bps": "60",
        "settles_to": bank.pk,
        "reason": "contract 7",
        **other,
    }


def terms(account: ChannelAccount, **other: str) -> dict[str, str]:
    return {
        "name": account.name,
        "channel_fee_bps": str(account.channel_fee_bps),
        "settles_to": account.settles_to_id or "",
        "reason": "contract 7",
        **other,
    }


def test_an_account_is_registered_keyed_and_switched_on_by_buttons(maker, checker):
    # Given
    bank = BankAccountFactory()
    assert "Register account" in words(maker.get(reverse(LIST)))
    assert "switched off and without keys" in words(maker.get(reverse(REGISTER)))

    # When
    response = maker.post(reverse(REGISTER), entry(bank))

    # Then it is there, off
    account = ChannelAccount.objects.get(channel="alipay")
    assert response.url == page(account)
    assert (account.currency, account.settles_to, account.is_enabled) == ("CNY", bank, False)
    assert "“Enter keys” takes what the channel's merchant pages give" in words(
        desk("security_admin").get(page(account))
    )

    # When it was to be on without keys
    with nothing_written(but=ITS_OWN_REFUSAL):
        refused = maker.post(button("ask-terms", account), terms(account, is_enabled="on"))

    # Then
    assert "The account cannot work yet: private_key_encrypted." in words(refused)

    # When it has keys, and another person agrees
    ours, theirs = pair("ours"), pair("theirs")
    keys = enter(account, private_key_pem=ours.private_pem, channel_public_key=theirs.public_pem)
    approve(keys)
    asked = maker.post(button("ask-terms", account), terms(account, is_enabled="on"), follow=True)
    assert "Asked. Another person has to agree now" in words(asked)
    shown = words(checker.get(button("approve-terms", account)))
    assert "Switched on yes" in shown
    assert "Switched on (until now) no" in shown
    assert "Channel's fee 0.60 %" in shown
    response = press(checker, "approve-terms", account)

    # Then
    assert "The terms are in force from now on." in words(response)
    account.refresh_from_db()
    assert account.is_enabled


def test_the_maker_does_not_agree_and_another_may_say_no(checker):
    # Given somebody who may do both
    account, both = AlipayAccountFactory(), desk(is_superuser=True)
    both.post(button("ask-terms", account), terms(account, channel_fee_bps="38"))
    assert "another person has to decide on it" in words(both.get(button("approve-terms", account)))

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        press(both, "approve-terms", account)
    press(checker, "reject-terms", account, reason="not the contract")

    # Then
    account.refresh_from_db()
    assert account.channel_fee_bps == 60
    assert "Change terms" in words(both.get(page(account)))


def test_a_request_made_by_mistake_is_withdrawn_by_its_button(maker, checker):
    # Given
    account = AlipayAccountFactory()
    assert "Withdraw request" not in words(maker.get(page(account)))
    maker.post(button("ask-terms", account), terms(account, channel_fee_bps="380"))
    assert "Withdraw request for terms" in words(maker.get(page(account)))
    shown = words(maker.get(button("withdraw-terms", account)))
    assert "Channel's fee 3.80 %" in shown
    assert "Alipay" in shown

    # When without a reason, or without the right
    with nothing_written():
        maker.post(button("withdraw-terms", account), {"reason": ""})
    with nothing_written(but={"ledger_auditentry": 1}):
        refused = checker.post(button("withdraw-terms", account), {"reason": "not mine"})
    assert refused.status_code == 403

    # When
    response = press(maker, "withdraw-terms", account, reason="38, not 380")

    # Then
    assert "Withdrawn. The account stays as it is." in words(response)
    assert "terms of a channel account: withdrawn" in words(response)
    assert "Change terms" in words(response)
    with nothing_written(but=ITS_OWN_REFUSAL):
        again = maker.post(button("withdraw-terms", account), {"reason": "twice"})
    assert again.status_code == 409
    account.refresh_from_db()
    assert account.channel_fee_bps == 60


def test_what_changed_meanwhile_is_shown_and_voided(maker, checker):
    # Given
    account = AlipayAccountFactory()
    maker.post(button("ask-terms", account), terms(account, channel_fee_bps="38", is_enabled="on"))
    checker.post(button("switch-off", account), {"reason": "fraud wave"})

    # When
    response = press(checker, "approve-terms", account)

    # Then
    account.refresh_from_db()
    assert (account.is_enabled, account.channel_fee_bps) == (False, 60)
    assert "changed" in words(response)


@pytest.mark.parametrize("role", ["risk_officer", "security_admin", "finance_head"])
def test_one_person_switches_it_off_at_once(role):
    # Given
    account, person = AlipayAccountFactory(), desk(role)

    # When
    response = person.post(button("switch-off", account), {"reason": "fraud wave"}, follow=True)

    # Then
    account.refresh_from_db()
    assert not account.is_enabled
    assert "Switched off. Two people switch it on again." in words(response)
    auditor = desk("auditor")
    assert "fraud wave" in words(auditor.get(page(account)))
    assert actor_of(person) != actor_of(auditor)


@pytest.mark.parametrize(
    ("wrong", "but"),
    [
        ({"merchant_no": ""}, {}),
        ({"channel_fee_bps": "10001"}, {}),
        ({"reason": ""}, {}),
        ({"settles_to": "chn_none"}, {}),
        ({"app_id": ""}, ITS_OWN_REFUSAL),
        ({"currency": "XXX"}, ITS_OWN_REFUSAL),
        ({"gateway_url": "http://pay.example.com/gateway.do"}, ITS_OWN_REFUSAL),
    ],
    ids=str,
)
def test_registers_nothing_that_makes_no_sense(maker, wrong, but):
    bank = BankAccountFactory()
    with nothing_written(but=but):
        maker.post(reverse(REGISTER), entry(bank, **wrong))


@pytest.mark.parametrize("role", ["support", "auditor", "security_admin", "finance_checker"])
def test_who_may_not_neither_registers_nor_changes(role):
    bank, account, other = BankAccountFactory(), AlipayAccountFactory(), desk(role)
    with nothing_written(but={"ledger_auditentry": 2}):
        assert other.post(reverse(REGISTER), entry(bank)).status_code == 403
        response = other.post(button("ask-terms", account), terms(account, is_enabled="on"))
        assert response.status_code == 403


def test_an_empty_list_teaches_where_accounts_come_from(maker):
    assert "Begin with our own bank account." in words(maker.get(reverse(LIST)))
