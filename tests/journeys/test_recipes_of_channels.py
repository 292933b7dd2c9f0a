"""The recipes of what people do about channels, pressed step by step in the back office."""

from datetime import timedelta

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.actions import attempts
from payments.actions.channel_keys import keys_payload
from payments.actions.channels import former_listeners_of
from payments.models import (
    ChannelAccount,
    ChannelKeySet,
    DatabaseClock,
    MethodSwitch,
    RoutingRule,
    SendingHold,
)
from payments.queries.methods import methods_offered
from tests.factories.payments import (
    AlipayAccountFactory,
    confirmed_payment,
)
from tests.instants import NOON
from tests.journeys.office import open_page, press
from tests.payments.actions.test_channel_keys import new_key, private_pem, public_pem
from tests.rig.pages import words
from tests.rig.staff import desk

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


def test_keys_of_a_channel_are_changed(recipe_of, maker, account):
    # Given
    recipe = recipe_of("channel-keys.md")
    enters, agrees = desk("security_admin"), desk("security_admin")
    ours, theirs = new_key(), new_key()
    former = account.channel_public_key

    with recipe.step("Enter the new keys"):
        press(
            enters,
            account,
            "enter-keys",
            private_key_pem=private_pem(ours),
            channel_public_key=public_pem(theirs),
            reason="yearly change",
        )
        account.refresh_from_db()
        assert account.channel_public_key == former

    with recipe.step("Compare the fingerprints"):
        facts = keys_payload(ChannelKeySet.objects.get())["facts"]
        shown = open_page(agrees, account, "approve-keys").content.decode()
        assert facts["channel_public_key"][0]["fingerprint"] in shown
        assert "PRIVATE KEY" not in shown

    with recipe.step("Let another person agree"):
        press(agrees, account, "approve-keys")
        account.refresh_from_db()
        assert account.channel_public_key == public_pem(theirs).strip()

    with recipe.step("Let the former keys run out"):
        replaced = ChannelKeySet.objects.get(status="former")
        assert ChannelKeySet.objects.filter(pk=replaced.pk, retires_at__gt=DatabaseClock()).exists()
        assert former_listeners_of(account, at=replaced.retires_at - timedelta(seconds=1))
        assert not former_listeners_of(account, at=replaced.retires_at)

    with recipe.step("Examine the account"):
        press(maker, account, "examine")
        assert ProcrastinateJob.objects.filter(task_name="payments.examine_account").exists()


def test_a_channel_is_held_back_and_let_go(recipe_of, maker, checker, account):
    # Given
    recipe = recipe_of("holding-a-channel.md")
    attempt = confirmed_payment()

    with recipe.step("Hold it back"):
        press(checker, account, "hold", covers="everything", reason="Odd answers.")
        hold = SendingHold.objects.get()

    with recipe.step("See what waits"):
        attempts.send_attempt(attempt.pk, at=NOON)
        attempt.refresh_from_db()
        assert attempt.status == "prepared"
        page = words(open_page(checker, account))
        assert "Held back: everything that is sent. Odd answers." in page

    with recipe.step("Find out why, while questions go on"):
        assert "Odd answers." in words(open_page(maker, hold))

    with recipe.step("Ask for its release"):
        press(maker, hold, "ask-release", reason="The channel found it.")
        hold.refresh_from_db()
        assert hold.released_at is None

    with recipe.step("Let another person agree"):
        press(checker, hold, "approve-release")
        hold.refresh_from_db()
        assert hold.released_at == NOON
        assert "Held back" not in words(open_page(checker, account))


def test_payments_are_routed_and_a_scene_is_closed(recipe_of, maker, checker, account):
    # Given
    recipe = recipe_of("routing.md")
    other = AlipayAccountFactory(name="Second account")

    def goes_to(amount_minor: int) -> ChannelAccount:
        return confirmed_payment(amounts_minor=(amount_minor,)).channel_account

    with recipe.step("Ask for a rule"):
        press(
            maker,
            RoutingRule,
            "ask",
            priority=10,
            currency="CNY",
            channel_account=other.pk,
            from_minor=50_000,
            reason="cheaper there",
        )
        assert goes_to(60_000) == account

    with recipe.step("Let another person agree"):
        rule = RoutingRule.objects.get()
        press(checker, rule, "approve")
        rule.refresh_from_db()
        assert rule.is_enabled

    with recipe.step("See where payments go"):
        assert (goes_to(60_000), goes_to(40_000)) == (other, account)

    with recipe.step("Close a scene"):
        press(maker, MethodSwitch, "close", method="alipay_qr", reason="a fault")
        assert "alipay_qr" not in methods_offered("CNY")

    with recipe.step("Open it again, and switch the rule off"):
        press(maker, MethodSwitch.objects.get(), "open", reason="over")
        assert "alipay_qr" in methods_offered("CNY")
        press(maker, rule, "switch-off", reason="not cheaper any more")
        assert goes_to(60_000) == account
