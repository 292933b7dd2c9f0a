"""What a rehearsal may tell the simulated Alipay, against the simulator itself."""

from datetime import timedelta

import httpx
import pytest

from settlements.rehearsal.other_side import OtherSide
from tests.instants import NEXT_NOON, NOON

APP_ID = "2021000000000777"
ACCOUNT_NO = "110900000000777"
PUBLIC_KEY_PEM = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhoVesfcGvUv1XvUndmX0\n"
    "rmSZ/2posJBCooySbSVFpV79RtHMzrVz2aKkC3WvOXeT5iNeQK4mK8gp3vNkWrHT\n"
    "kQGx5BcmkeO1WS384CQde7dAS0gmxeFs5bs+cCQqV2A2c2R9/5rJMtFtp1Ot/rIi\n"
    "MBUn6Ei0UoztM7AneavqQEzSwYlCKNhPFFtHCiz7u4O5R9CIyvUmYr+zpem2HXBN\n"
    "9ygPAZ0aXBQipGbc45+G07ZCNsmY4hV/Igya1aBf+Ye8p10Ew8uBBri0sIknhSC2\n"
    "LqKKy2IH1fO6q1d1jhN240QRHvbpRNv60kAfZsEulBASBrCMBi49NiJyr5nre7SN\n"
    "ywIDAQAB\n"
    "-----END PUBLIC KEY-----\n"
)
"""A public key of Alipay's published tests; nothing is signed with it here."""


@pytest.fixture
def registered(simulator: OtherSide) -> OtherSide:
    """Register an application in certificate mode, whose seller has 1,000.00 at the bank."""
    simulator.open_bank_account(
        account_no=ACCOUNT_NO, holder="Platform", currency="CNY", opening_minor=100_000
    )
    register(simulator)
    return simulator


def register(simulator: OtherSide) -> str:
    certificates = simulator.alipay.register_app(
        app_id=APP_ID,
        public_key_pem=PUBLIC_KEY_PEM,
        seller_id="2088000000000777",
        fee_bps=60,
        currency="CNY",
        bank_account_no=ACCOUNT_NO,
    )
    return certificates.app_cert_sn


def test_registering_again_issues_the_same(registered: OtherSide) -> None:
    # When
    first, second = register(registered), register(registered)

    # Then
    assert first == second
    assert len(first) == 32


def test_fills_and_empties_a_wallet_from_the_bank(registered: OtherSide) -> None:
    # Given
    alipay = registered.alipay
    before_minor = alipay.wallet_balance_minor(APP_ID)

    # When
    alipay.top_up(app_id=APP_ID, amount_minor=30_000, number="tu_1", at=NOON)
    alipay.withdraw(app_id=APP_ID, amount_minor=10_000, number="wd_1")

    # Then
    assert alipay.wallet_balance_minor(APP_ID) - before_minor == 20_000
    assert alipay.deposit_account_no(APP_ID) == "88882088000000000777"


def test_refuses_to_withdraw_more_than_there_is(registered: OtherSide) -> None:
    # Given
    held_minor = registered.alipay.wallet_balance_minor(APP_ID)

    # When
    with pytest.raises(httpx.HTTPStatusError) as refused:
        registered.alipay.withdraw(app_id=APP_ID, amount_minor=held_minor + 1, number="wd_9")

    # Then
    assert refused.value.response.status_code == 409
    assert registered.alipay.wallet_balance_minor(APP_ID) == held_minor


def test_orders_what_is_to_come_and_forgets_it(registered: OtherSide) -> None:
    # Given
    alipay = registered.alipay
    alipay.plan("refund_delayed", number="r1", after=timedelta(days=2))
    alipay.plan("transfer_failed", app_id=APP_ID, error_code="PAYEE_NOT_EXIST", count=3)

    # When
    forgotten = registered.client.delete("/control/faults").json()

    # Then
    assert forgotten == {"forgotten": 2}


@pytest.mark.parametrize("what", ["transfer", "trade", "terms", "payee"])
def test_says_so_when_there_is_nothing_of_it(registered: OtherSide, what: str) -> None:
    # Given
    alipay = registered.alipay
    deeds = {
        "transfer": lambda: alipay.return_transfer(
            app_id=APP_ID, out_biz_no="none", at=NEXT_NOON, error_code="PAYEE_NOT_EXIST"
        ),
        "trade": lambda: alipay.finish_trade(app_id=APP_ID, out_trade_no="none"),
        "terms": lambda: alipay.agree_terms(app_id=APP_ID, single_max_minor=0),
        "payee": lambda: alipay.open_payee(user_id="", logon_id="a@b.c", real_name="A"),
    }

    # When
    with pytest.raises(httpx.HTTPStatusError) as refused:
        deeds[what]()

    # Then
    assert refused.value.response.status_code in (400, 409)
