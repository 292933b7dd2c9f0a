"""What the tests of alipay transfers and their neighbours share."""

from datetime import UTC, datetime

AT = datetime(2026, 1, 6, 2, 30, 0, tzinfo=UTC)


NO = "pyo_01jdexample0000000000000000"


ASKED = {
    "code": "10000",
    "msg": "Success",
    "out_biz_no": NO,
    "order_id": "20260106110070000006910000000001",
    "pay_fund_order_id": "20260106110070001506910000000002",
    "status": "SUCCESS",
    "trans_amount": "499.00",
    "pay_date": "2026-01-06 10:30:03",
    "order_fee": "0.50",
}


DEFINITE = [
    "PAYER_BALANCE_NOT_ENOUGH",
    "BALANCE_IS_NOT_ENOUGH",
    "PAYEE_NOT_EXIST",
    "PAYEE_USER_INFO_ERROR",
    "PAYEE_ACC_OCUPIED",
    "EXCEED_LIMIT_SM_AMOUNT",
    "EXCEED_LIMIT_DM_AMOUNT",
    "EXCEED_LIMIT_MM_AMOUNT",
    "EXCEED_LIMIT_PERSONAL_SM_AMOUNT",
    "EXCEED_LIMIT_ENT_SM_AMOUNT",
    "EXCEED_LIMIT_DM_MAX_AMOUNT",
    "EXCEED_LIMIT_SM_MIN_AMOUNT",
    "EXCEED_LIMIT_UNRN_DM_AMOUNT",
    "EXCEED_LIMIT_DC_RECEIVED",
    "PRODUCT_NOT_SIGN",
    "TRANSFER_SCENE_NAME_ILLEGAL",
    "MEMO_REQUIRED_IN_TRANSFER_ERROR",
    "REMARK_HAS_SENSITIVE_WORD",
    "SECURITY_CHECK_FAILED",
    "BLOCK_USER_FORBBIDEN_RECIEVE",
    "BLOCK_USER_FORBBIDEN_SEND",
    "PAYER_CERT_EXPIRED",
    "isv.missing-app-cert-sn",
]
