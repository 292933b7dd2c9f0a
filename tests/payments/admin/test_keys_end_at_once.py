# ruff: noqa: F811  fixtures are imported
"""Keys that somebody else may hold, at the desk: two people end them at once, with a word each."""

import pytest
from django.http import HttpResponse
from django.test import Client

from ledger.actions.approvals import digest_of
from ledger.errors import SelfApprovalError
from ledger.models import ApprovalRequest, AuditEntry
from payments.models import ChannelAccount, ChannelKeySet
from tests.instants import NOON
from tests.payments.actions.test_channel_keys import (  # noqa: F401
    account,
    attempt,
    new_key,
    ours,
    public_pem,
    theirs,
    told,
)
from tests.payments.admin import test_hold_pages
from tests.payments.admin.test_hold_pages import refused
from tests.payments.admin.test_holds_in_review import DIGEST_SHOWN
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

SAID = {"ends_at_once": "on", "reason": "A laptop was stolen."}


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


def press(client: Client, name: str, row: ChannelAccount, **sent: str) -> HttpResponse:
    return test_hold_pages.press(client, name, row, of="channelaccount", **sent)


def look(client: Client, name: str, row: ChannelAccount) -> HttpResponse:
    return test_hold_pages.page(client, name, row, of="channelaccount")


def agree(client: Client, row: ChannelAccount) -> HttpResponse:
    """Agree to exactly what the page shows."""
    shown = DIGEST_SHOWN.search(look(client, "approve_keys", row).content.decode())
    assert shown is not None
    return press(client, "approve_keys", row, shown_digest=shown[1])


def statuses() -> list[str]:
    return list(ChannelKeySet.objects.order_by("entered_at", "pk").values_list("status", flat=True))


def test_two_people_end_the_former_key_at_once(account, attempt, theirs):
    # Given a key of the channel that somebody else holds
    new = new_key()
    maker, checker = desk("security_admin"), desk("security_admin")

    # When
    asked = press(maker, "enter_keys", account, channel_public_key=public_pem(new), **SAID)

    # Then it is believed still, and the other person sees what will end
    assert asked.status_code == 302
    assert told(attempt, theirs, notify_id="n1") == 200
    assert "Former keys end at once" in words(look(checker, "approve_keys", account))

    # When
    assert agree(checker, account).status_code == 302

    # Then
    assert told(attempt, theirs, notify_id="n2") == 400
    assert told(attempt, new, notify_id="n3") == 200
    assert statuses() == ["retired"]
    deeds = AuditEntry.objects.filter(action__startswith="channel_account.keys").order_by("pk")
    assert [(deed.action, deed.actor, deed.after["ends_at_once"]) for deed in deeds] == [
        ("channel_account.keys_entered", actor_of(maker), True),
        ("channel_account.keys_changed", actor_of(checker), True),
    ]


def test_former_keys_end_without_new_ones(account, attempt, theirs):
    # Given a key that was replaced as on any day
    second = new_key()
    maker, checker = desk("security_admin"), desk("security_admin")
    usual = {"channel_public_key": public_pem(second), "reason": "yearly"}
    press(maker, "enter_keys", account, **usual)
    assert "Former keys end at once" not in words(look(checker, "approve_keys", account))
    agree(checker, account)
    assert told(attempt, theirs, notify_id="n1") == 200

    # When
    press(maker, "enter_keys", account, **SAID)
    agree(checker, account)

    # Then
    assert told(attempt, theirs, notify_id="n2") == 400
    assert told(attempt, second, notify_id="n3") == 200
    assert statuses() == ["retired", "retired"]


def test_nobody_ends_them_alone(account, attempt, theirs):
    # Given
    boss = desk(is_superuser=True)
    press(boss, "enter_keys", account, **SAID)
    digest = digest_of(ApprovalRequest.objects.get().payload).hex()

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(boss, "approve_keys", account, shown_digest=digest)
    refused(response, SelfApprovalError.code, status=SelfApprovalError.status)
    assert (statuses(), told(attempt, theirs, notify_id="n1")) == (["proposed"], 200)


def test_who_saw_a_usual_change_has_not_agreed_to_an_emergency(account):
    # Given
    press(desk("security_admin"), "enter_keys", account, **SAID)
    checker = desk("security_admin")
    payload = dict(ApprovalRequest.objects.get().payload)
    assert payload.pop("ends_at_once") is True

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(checker, "approve_keys", account, shown_digest=digest_of(payload).hex())
    refused(response, "stale_approval")
    assert statuses() == ["proposed"]


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        ({"ends_at_once": "on"}, 200, "This field is required."),
        ({"reason": "Nothing."}, 422, "No money has moved and nothing was changed."),
    ],
    ids=["no reason", "nothing entered"],
)
def test_without_a_reason_or_anything_to_do_nothing_is_entered(account, sent, status, why):
    # Given
    maker = desk("security_admin")

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL if status == 422 else {}):
        response = press(maker, "enter_keys", account, **sent)
    assert (response.status_code, why in words(response)) == (status, True)


@pytest.mark.parametrize("role", ["finance_maker", "finance_checker", "auditor", "support", ""])
@pytest.mark.parametrize("deed", ["enter_keys", "approve_keys", "reject_keys"])
def test_who_may_not_is_turned_away(account, role, deed):
    # Given
    press(desk("security_admin"), "enter_keys", account, **SAID)
    client = desk(role)

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(client, deed, account, **SAID)
    assert (response.status_code, statuses()) == (403, ["proposed"])
