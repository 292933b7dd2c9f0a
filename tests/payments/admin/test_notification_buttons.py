"""The buttons of kept messages: judge again, and ask the channel again; each deed once."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import AuditEntry
from payments.actions.simulated_accounts import SimulatedAccount, register_simulated
from payments.models import ChannelAccount, ChannelNotification
from tests.factories.payments import attempted_payment, owed_payment
from tests.instants import NOON
from tests.payments.actions.test_channel_keys import new_key, private_pem, public_pem
from tests.payments.api.test_notifications import FIELDS, notify, written
from tests.rig.counter import NOBODY_LISTENS
from tests.rig.keys import put_in_use
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

THEIRS, LATER = new_key(), new_key()
WHY = {"reason": "They changed their key."}


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def account() -> ChannelAccount:
    return register_simulated(
        SimulatedAccount(
            channel="alipay",
            name="Alipay",
            currency="CNY",
            merchant_no=FIELDS["seller_id"],
            app_id=FIELDS["app_id"],
            gateway_url=NOBODY_LISTENS,
            private_key_pem=private_pem(new_key()),
            channel_public_key=public_pem(THEIRS),
        ),
        actor="user:1",
        at=NOON,
    )


def kept(account: ChannelAccount, *, key, number: str = "") -> ChannelNotification:
    """Receive a message at the door, about an order of ours unless another number is given."""
    number = number or attempted_payment(owed_payment(), channel=account).operation.channel_no
    fields = {**FIELDS, "notify_id": number, "out_trade_no": number}
    notify(account.pk, written(fields, key=key))
    ProcrastinateJob.objects.all().delete()
    return ChannelNotification.objects.latest("pk")


def press(client: Client, name: str, row: ChannelNotification | None, **sent: str) -> HttpResponse:
    return client.post(address(name, row), sent)


def address(name: str, row: ChannelNotification | None) -> str:
    arguments = [] if row is None else [row.pk]
    return reverse(f"admin:payments_channelnotification_{name}", args=arguments)


def jobs() -> list[str]:
    return list(ProcrastinateJob.objects.order_by("pk").values_list("task_name", flat=True))


def refused(response: HttpResponse, status: int, text: str) -> None:
    assert response.status_code == status
    assert text in words(response)


class TestVerifyingAgain:
    def test_what_is_genuine_with_todays_key_makes_us_ask_once(self, account):
        # Given a message under a key that we did not know
        message = kept(account, key=LATER)
        assert message.verdict == "forged"
        trust(account, LATER)
        officer = desk("security_admin")

        # When it is pressed twice
        first = press(officer, "reverify", message, **WHY)
        again = press(officer, "reverify", message, **WHY)

        # Then
        assert first.status_code == 302
        message.refresh_from_db()
        assert (message.verdict, jobs()) == ("genuine", ["payments.query_attempt"])
        deed = AuditEntry.objects.get(action="notification.reverified")
        assert (deed.actor, deed.reason) == (actor_of(officer), WHY["reason"])
        refused(again, 409, "No money has moved and nothing was changed.")
        assert jobs() == ["payments.query_attempt"]

    def test_what_is_still_forged_stays_so_and_asks_nothing(self, account):
        # Given
        message = kept(account, key=LATER)

        # When
        response = press(desk("security_admin"), "reverify", message, **WHY)

        # Then
        assert response.status_code == 302
        message.refresh_from_db()
        assert (message.verdict, jobs()) == ("forged", [])

    def test_what_is_genuine_already_is_refused(self, account):
        # Given
        message = kept(account, key=THEIRS)
        officer = desk("security_admin")
        assert "Verify again" not in words(officer.get(address("change", message)))

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(officer, "reverify", message, **WHY)
        refused(response, 409, "nothing was changed")
        assert AuditEntry.objects.latest("pk").reason == "notification_settled"

    def test_without_a_reason_nothing_happens(self, account):
        # Given
        message = kept(account, key=LATER)
        trust(account, LATER)
        officer = desk("security_admin")

        # When, Then
        with nothing_written():
            response = press(officer, "reverify", message)
        refused(response, 200, "This field is required.")

    @pytest.mark.parametrize("role", ["finance_maker", "auditor", "support", ""])
    def test_who_may_not_is_turned_away(self, account, role):
        # Given
        message = kept(account, key=LATER)
        trust(account, LATER)
        client = desk(role)

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            assert press(client, "reverify", message, **WHY).status_code == 403
        message.refresh_from_db()
        assert message.verdict == "forged"

    def test_all_refused_ones_of_an_account_are_judged_by_one_job(self, account):
        # Given
        kept(account, key=LATER)
        officer = desk("security_admin")

        # When pressed twice
        for _ in range(2):
            response = press(officer, "reverify_all", None, account=account.pk, **WHY)
            assert response.status_code == 302

        # Then
        assert jobs() == ["payments.reverify_notifications"]
        assert AuditEntry.objects.filter(action="notification.reverify_asked").count() == 2

    @pytest.mark.parametrize("missing", ["account", "reason"])
    def test_all_of_no_account_or_for_no_reason_are_not(self, account, missing):
        # Given
        sent = {"account": account.pk, **WHY}
        del sent[missing]
        officer = desk("security_admin")

        # When, Then
        with nothing_written():
            response = press(officer, "reverify_all", None, **sent)
        refused(response, 200, "This field is required.")

    def test_who_may_not_has_none_judged(self, account):
        maker = desk("finance_maker")
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(maker, "reverify_all", None, account=account.pk, **WHY)
        assert response.status_code == 403


class TestAskingAgain:
    def test_the_channel_is_asked_once_however_often_it_is_pressed(self, account):
        # Given
        message = kept(account, key=THEIRS)
        maker = desk("finance_maker")
        assert "Ask the channel again" in words(maker.get(address("change", message)))

        # When
        for _ in range(2):
            assert press(maker, "replay", message, reason="Nothing happened.").status_code == 302

        # Then
        assert jobs() == ["payments.query_attempt"]
        deeds = AuditEntry.objects.filter(action="notification.replayed")
        assert [(deed.actor, deed.subject) for deed in deeds] == [
            (actor_of(maker), message.subject)
        ] * 2

    @pytest.mark.parametrize(("key", "number"), [(LATER, ""), (THEIRS, "ATTNOBODYS")])
    def test_what_is_forged_or_nobodys_asks_nothing(self, account, key, number):
        # Given
        message = kept(account, key=key, number=number)
        maker = desk("finance_maker")
        assert "Ask the channel again" not in words(maker.get(address("change", message)))

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(maker, "replay", message, reason="Nothing happened.")
        refused(response, 409, "nothing was changed")
        assert AuditEntry.objects.latest("pk").reason == "notification_of_nobody"
        assert jobs() == []

    def test_without_a_reason_nothing_happens(self, account):
        # Given
        message, maker = kept(account, key=THEIRS), desk("finance_maker")

        # When, Then
        with nothing_written():
            response = press(maker, "replay", message)
        refused(response, 200, "This field is required.")

    @pytest.mark.parametrize("role", ["security_admin", "auditor", "support", ""])
    def test_who_may_not_is_turned_away(self, account, role):
        # Given
        message, client = kept(account, key=THEIRS), desk(role)

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            assert press(client, "replay", message, reason="Why.").status_code == 403


def trust(account: ChannelAccount, key) -> None:
    """Let the channel's new key be known here, as two people would."""
    put_in_use(account, channel_public_key=public_pem(key))
    ProcrastinateJob.objects.all().delete()
