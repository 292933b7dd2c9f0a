"""What buttons about channels leave in the audit trail: from where, and by which request."""

import pytest
from django.urls import reverse

from ledger.models import AuditEntry
from payments.models import MethodSwitch
from tests.factories.payments import AlipayAccountFactory
from tests.rig.keys import PUBLIC_KEY_PEM
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db


def test_each_knows_its_address_and_its_request(settings):
    # Given
    settings.STAFF_SECOND_FACTOR = False
    account, boss = AlipayAccountFactory(), desk(is_superuser=True)
    why = {"reason": "fraud wave"}

    def press(name: str, *row: object, **sent: object) -> None:
        boss.post(
            reverse(f"admin:payments_{name}", args=[each.pk for each in row]), {**why, **sent}
        )

    # When
    press("methodswitch_close", method="alipay_qr")
    press("methodswitch_open", MethodSwitch.objects.get())
    press("channelaccount_enter_keys", account, channel_public_key=PUBLIC_KEY_PEM)
    press("channelaccount_switch_off", account)
    press("channelnotification_reverify_all", account=account.pk)

    # Then
    actions = (
        "scene.closed",
        "scene.opened",
        "channel_account.keys_entered",
        "channel_account.switched_off",
        "notification.reverify_asked",
    )
    told = AuditEntry.objects.filter(action__in=actions)
    assert sorted(told.values_list("action", flat=True)) == sorted(actions)
    assert {row.client_ip for row in told} == {"127.0.0.1"}
    assert all(row.request_id for row in told)
    assert len({row.request_id for row in told}) == len(actions)
