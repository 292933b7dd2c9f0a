"""Secrets go in once: no table, log line, answer or representation gives one back."""

import base64
import secrets

import pytest

from config import env
from payments.actions.simulated_accounts import SimulatedAccount, register_simulated
from payments.models import (
    ChannelAccount,
)
from settlements.rehearsal import channel_accounts
from settlements.rehearsal.channel_accounts import Terms
from tests.instants import NOON
from tests.journeys.walks import (
    ACCOUNT,
    API_KEY,
    CARD,
    HOLDER,
    PIN,
    WRONG_PIN,
    enter_keys,
    have_channels_examined,
    hear_from_the_channel,
    hold_take_and_give_back,
    look_at_every_page,
    name_a_card,
    pay_and_give_back,
    plant_key_of,
    send_a_refund_to_a_card,
    send_money_out,
    type_passwords,
)
from tests.payments.actions.test_channel_keys import new_key, private_pem, public_pem
from tests.payments.api import test_notifications as door
from tests.rig.counter import NOBODY_LISTENS
from tests.rig.leaks import Planted, in_tables, watched
from tests.rig.partner import the_platform
from tests.rig.stage import open_wechat_account


@pytest.fixture
def planted(settings) -> Planted:
    """Keys of the platform that are nobody else's, before anything is sealed with them."""
    found = Planted()
    for setting in ("ENCRYPTION_KEYS", "PAYMENT_PASSWORD_PEPPERS"):
        raw = secrets.token_bytes(32)
        written = base64.b64encode(raw).decode()
        setattr(settings, setting, env.encryption_keys(f"walk:{written}", name=setting))
        found.key(setting, raw)
        found.text(f"{setting} as configured", written)
    found.digits("payment password", PIN)
    found.digits("mistyped password", WRONG_PIN)
    found.digits("card number", CARD)
    found.digits("payer's account", ACCOUNT)
    found.text("payer's name", HOLDER)
    found.text("APIv3 key", API_KEY)
    return found


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def market(planted, marketplace, simulator):
    """A marketplace at three channels, whose private keys are planted."""
    open_wechat_account(marketplace, other_side=simulator)
    plan = marketplace.plan
    channel_accounts.unionpay_account(
        Terms(plan.name, "CNY", 60, plan.bank_account_no),
        mer_id="777290058119003",
        bank=marketplace.bank,
        other_side=simulator,
        at=NOON,
    )
    for each in ChannelAccount.objects.exclude(private_key_encrypted=""):
        plant_key_of(each, planted)
    return marketplace


@pytest.fixture
def told(market, planted):
    """An account whose channel we play ourselves, and the channel's key."""
    ours, theirs = new_key(), new_key()
    wanted = SimulatedAccount(
        channel="alipay",
        name="Played",
        currency="CNY",
        merchant_no=door.FIELDS["seller_id"],
        app_id=door.FIELDS["app_id"],
        gateway_url=NOBODY_LISTENS,
        private_key_pem=private_pem(ours),
        channel_public_key=public_pem(theirs),
        api_key=API_KEY,
    )
    assert planted.within(repr(wanted)) == []
    account = register_simulated(wanted, actor="user:1", at=NOON)
    plant_key_of(account, planted)
    return account, theirs


@pytest.mark.django_db(transaction=True)
def test_no_walk_through_the_house_meets_a_secret(market, simulator, planted, told, capsys):
    # Given
    partner = the_platform()
    planted.text("API key", partner.secret)

    # When
    with watched() as watch:
        for method in ("alipay_qr", "wechat_native", "card_page"):
            pay_and_give_back(partner, method, simulator)
        hold_take_and_give_back(simulator)
        send_money_out(market, simulator, planted)
        hear_from_the_channel(*told)
        have_channels_examined()
        enter_keys(told[0], planted)
        type_passwords()
        name_a_card(partner, told[0])
        send_a_refund_to_a_card(market)
        look_at_every_page()

    # Then
    assert in_tables(planted) == []
    assert watch.told(planted) == []
    printed = capsys.readouterr()
    assert planted.within(printed.out + printed.err) == []
    assert len(watch.lines) > 100
    assert len(watch.answers) > 100
