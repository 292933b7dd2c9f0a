"""Every reason for which a transfer does not go, at the channels that transfer.

What Alipay refuses with a code of our closed list has failed; of any other refusal, and of each of
WeChat Pay's, nobody knows: the same number may come again, and a question tells.
"""

import pytest

from payments.channels.alipay.transfers import FAILURE_CODES
from payments.channels.base import NOT_FOUND, REFUSED_HERE, OutcomeKind
from tests.instants import NOON

ALIPAY_CODES = (
    *("PAYER_BALANCE_NOT_ENOUGH", "BALANCE_IS_NOT_ENOUGH", "PAYEE_NOT_EXIST"),
    *("PAYEE_USER_INFO_ERROR", "PAYEE_ACC_OCUPIED", "EXCEED_LIMIT_SM_AMOUNT"),
    *("EXCEED_LIMIT_DM_AMOUNT", "EXCEED_LIMIT_MM_AMOUNT", "EXCEED_LIMIT_PERSONAL_SM_AMOUNT"),
    *("EXCEED_LIMIT_ENT_SM_AMOUNT", "EXCEED_LIMIT_DM_MAX_AMOUNT", "EXCEED_LIMIT_SM_MIN_AMOUNT"),
    *("EXCEED_LIMIT_UNRN_DM_AMOUNT", "EXCEED_LIMIT_DC_RECEIVED", "PAYMENT_INFO_INCONSISTENCY"),
    *("PRODUCT_NOT_SIGN", "TRANSFER_SCENE_NAME_ILLEGAL", "MEMO_REQUIRED_IN_TRANSFER_ERROR"),
    *("REMARK_HAS_SENSITIVE_WORD", "SECURITY_CHECK_FAILED", "BLOCK_USER_FORBBIDEN_RECIEVE"),
    *("BLOCK_USER_FORBBIDEN_SEND", "PERMIT_CHECK_PERM_LIMITED", "PAYER_CERT_EXPIRED"),
    *("isv.missing-app-cert-sn", "isv.ip-forbidden", "SYSTEM_ERROR", "A_CODE_OF_NEXT_YEAR"),
)
"""The codes of the reference, and what is in no list."""
UNDECIDED = {
    *("PAYMENT_INFO_INCONSISTENCY", "PERMIT_CHECK_PERM_LIMITED", "isv.ip-forbidden"),
    *("SYSTEM_ERROR", "A_CODE_OF_NEXT_YEAR"),
}
WECHAT_REASONS = (
    *("ACCOUNT_FROZEN", "ACCOUNT_NOT_EXIST", "BANK_CARD_ACCOUNT_ABNORMAL"),
    *("DAY_RECEIVED_COUNT_EXCEED", "DAY_RECEIVED_QUOTA_EXCEED", "ID_CARD_NOT_CORRECT"),
    *("MCH_CANCEL", "MERCHANT_REJECT", "MERCHANT_NOT_CONFIRM", "NAME_NOT_CORRECT"),
    *("OPENID_INVALID", "OTHER_FAIL_REASON_TYPE", "OVERDUE_CLOSE", "PAYEE_ACCOUNT_ABNORMAL"),
    *("PAYER_ACCOUNT_ABNORMAL", "PRODUCT_AUTH_CHECK_FAIL", "REAL_NAME_CHECK_FAIL"),
    *("REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED", "TRANSFER_QUOTA_EXCEED", "BUDGET_NOT_ENOUGH"),
    *("TRANSFER_REMARK_SET_FAIL", "TRANSFER_RISK", "TRANSFER_SCENE_INVALID"),
    *("TRANSFER_SCENE_UNAVAILABLE", "A_REASON_OF_NEXT_YEAR"),
)


def asked(other, order):
    return other.channel.query_transfer(order.channel_no, at=NOON)


@pytest.mark.parametrize("name", ["alipay_certificates"])
def test_what_alipay_refuses_at_once_by_every_code(other):
    for code in ALIPAY_CODES:
        # Given
        order = other.transfer()
        other.plan("transfer_refused", order, error_code=code)

        # When
        outcome = other.channel.transfer(order)

        # Then
        kind = OutcomeKind.UNKNOWN if code in UNDECIDED else OutcomeKind.FAILED
        assert (outcome.kind, outcome.code) == (kind, code)
        assert (code in FAILURE_CODES) is (kind is OutcomeKind.FAILED)
        assert asked(other, order).code == NOT_FOUND
        assert other.effects(order) == []


@pytest.mark.parametrize("name", ["alipay_certificates"])
def test_what_fails_at_alipay_later_by_every_code(other):
    for code in ALIPAY_CODES:
        # Given
        order = other.transfer()
        other.plan("transfer_failed", order, error_code=code)

        # When
        other.channel.transfer(order)

        # Then
        outcome = asked(other, order)
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, code)


@pytest.mark.parametrize("name", ["wechatpay", "wechatpay_certificates"])
def test_what_fails_at_wechat_pay_by_every_reason(other, name):
    topped_up(other)
    for reason in WECHAT_REASONS if name == "wechatpay" else WECHAT_REASONS[:1]:
        # Given
        order = other.transfer()
        other.plan("transfer_failed", order, error_code=reason)

        # When
        other.channel.transfer(order)

        # Then
        outcome = asked(other, order)
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, reason)


@pytest.mark.parametrize("name", ["alipay_certificates"])
@pytest.mark.parametrize(
    ("terms", "kind", "code"),
    [
        ({"ip_refused": True}, OutcomeKind.UNKNOWN, "isv.ip-forbidden"),
        ({"scenes": "佣金报酬,企业赔付"}, OutcomeKind.FAILED, "TRANSFER_SCENE_NAME_ILLEGAL"),
    ],
)
def test_what_alipay_does_not_let_an_application_do(other, terms, kind, code):
    # Given
    agree(other, **terms)
    order = other.transfer()

    # When
    outcome = other.channel.transfer(order)
    agree(other)

    # Then the same goes once it is allowed
    assert (outcome.kind, outcome.code) == (kind, code)
    assert asked(other, order).code == NOT_FOUND
    other.channel.transfer(order)
    assert asked(other, order).kind is OutcomeKind.SUCCEEDED


@pytest.mark.parametrize("name", ["alipay"])
def test_without_certificates_nothing_leaves(other):
    outcome = other.channel.transfer(other.transfer())
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, REFUSED_HERE)


def topped_up(other):
    """Give a merchant of WeChat Pay 10,000.00 for transfers."""
    other.other_side.client.post(
        "/control/wechat/transfers/top-ups",
        json={"mchid": other.config.merchant_no, "number": "9", "amount_minor": 1_000_000},
    ).raise_for_status()


def agree(other, **terms):
    """Say what an application may do."""
    other.other_side.client.post(
        "/control/alipay/transfers/terms", json={"app_id": other.config.app_id, **terms}
    ).raise_for_status()
