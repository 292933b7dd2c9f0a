"""Small sound worlds for tests of the checker: what each side wrote down of a payment and a refund.

One payment of 300.00 at Alipay for two merchants, of which a refund gave 260.00 back after two
others had agreed. A test spoils one row, and one law has to say so.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tests.harness import checker
from tests.harness.opening import APP_ID
from tests.harness.records import Channel, House, Row

SENT_AT = datetime(2026, 11, 19, 4, 0, tzinfo=UTC)
SENT_MS = int(SENT_AT.timestamp() * 1_000)
TODAY = date(2026, 11, 19)
PAY_NO, REFUND_NO = "ATT1", "REF1"
PAYLOAD = {"payment": "pay_1", "amount_minor": 26_000}
DIGEST = hashlib.sha256(
    json.dumps(PAYLOAD, sort_keys=True, separators=(",", ":")).encode()
).digest()


@dataclass
class World:
    """What the sides say; sound as long as nobody changes it."""

    house: House
    channel: Channel
    history: list[Row]
    officers: list[Row]

    def laws(self) -> set[str]:
        """Name the laws that do not hold."""
        found = checker.violations(self.house, self.channel, self.history, self.officers)
        return {violation.law for violation in found}


def requested(method: str, number: str, *, after_ms: int = 0, **more: object) -> Row:
    """Make up a request in the channel's log, answered in full, so long after it was sent first."""
    common = {"kind": "request", "owner": APP_ID, "real_ms": SENT_MS + 10 + after_ms}
    asked = {"id": after_ms + 1, "method": method, "number": number}
    return {**common, **asked, "code": "10000", "sub_code": None, "fault": None, **more}


def sound_world() -> World:
    """Make a world in which every law holds."""
    return World(_house(), _channel(), _history(), _officers())


def _operation(name: str, kind: str, amount: int) -> Row:
    facts = {"id": f"opr_{name}", "kind": kind, "channel_no": name, "amount_minor": amount}
    more = {"currency": "CNY", "channel_account_id": "chn_1", "status": "succeeded", "code": ""}
    return {**facts, **more, "first_sent_at": SENT_AT}


def _house() -> House:
    payment = {"id": "pay_1", "merchant_order_no": "ORDER-1", "amount_minor": 30_000}
    payment |= {"currency": "CNY", "status": "paid", "status_code": "", "capture_mode": "automatic"}
    attempt = {"id": "att_1", "payment_id": "pay_1", "operation_id": f"opr_{PAY_NO}"}
    attempt |= {"status": "succeeded", "method": "alipay_qr", "is_withdrawn": False}
    attempt |= {"qr_code": "https://qr.example/1", "payer_action": {}}
    refund = {"id": "ref_1", "payment_id": "pay_1", "merchant_refund_no": "R1", "parked_id": None}
    refund |= {"operation_id": f"opr_{REFUND_NO}", "capture_id": None, "approval_id": "apr_1"}
    refund |= {"amount_minor": 26_000, "currency": "CNY", "status": "succeeded"}
    request = {"id": "apr_1", "payload": dict(PAYLOAD), "digest": DIGEST, "maker": "key:ak_1"}
    agreed = {"request_id": "apr_1", "decision": "approve", "digest": DIGEST}
    told = ["payment.paid", "refund.succeeded"]
    balances = [("2001", "mer_1", 3_920), ("2001", "mer_2", 0), ("4001", "mer_1", 80)]
    use = {"subject_id": "pyr_1", "business_date": str(TODAY), "amount_minor": 30_000}
    return House(
        payments=[payment],
        attempts=[attempt],
        refunds=[refund],
        operations=[_operation(PAY_NO, "pay", 30_000), _operation(REFUND_NO, "refund", 26_000)],
        events=[
            {"subject": subject, "sequence": 1, "kind": kind}
            for subject, kind in zip(("pay_1", "ref_1"), told, strict=True)
        ],
        accounts=[{"id": "chn_1", "channel": "alipay", "app_id": APP_ID, "merchant_no": "2088"}],
        allocations=[_share("pal_1", "mer_1", 20_000), _share("pal_2", "mer_2", 10_000)],
        refund_shares=[
            {"refund_id": "ref_1", "allocation_id": "pal_1", "amount_minor": 16_000},
            {"refund_id": "ref_1", "allocation_id": "pal_2", "amount_minor": 10_000},
        ],
        balances=[
            {"code": code, "owner_id": owner, "currency": "CNY", "balance_minor": minor}
            for code, owner, minor in balances
        ],
        approvals=[request | {"required": 2, "state": "executed", "decided_at": SENT_AT}],
        decisions=[agreed | {"approver": f"user:{number}"} for number in (2, 3)],
        screenings=[{"subject": "pay_1", "consumed": [use], "is_released": False}],
        counters=[{"subject_id": "pyr_1", "business_date": TODAY, "used_minor": 30_000}],
    )


def _share(name: str, merchant: str, amount: int) -> Row:
    return {"id": name, "payment_id": "pay_1", "merchant_id": merchant, "amount_minor": amount}


def _channel() -> Channel:
    log = [
        requested("alipay.trade.precreate", PAY_NO),
        requested("alipay.trade.refund", REFUND_NO, after_ms=1_000),
    ]
    return Channel(
        paid={PAY_NO: 30_000},
        refunded={REFUND_NO: 26_000},
        whose={PAY_NO: (APP_ID, "CNY"), REFUND_NO: (APP_ID, "CNY")},
        upon={REFUND_NO: PAY_NO},
        log=log,
    )


def _history() -> list[Row]:
    rows = [["mer_1", 20_000], ["mer_2", 10_000]]
    sold = {"op": "create", "no": "ORDER-1", "payer": "P1", "rows": rows}
    gave = {"op": "refund", "no": "R1"}
    return [
        {**sold, "what": "asked"},
        {**sold, "what": "ok", "id": "pay_1"},
        {**gave, "what": "asked"},
        {**gave, "what": "ok", "id": "ref_1"},
    ]


def _officers() -> list[Row]:
    known = {"request": "apr_1", "digest": DIGEST.hex(), "what": "approve"}
    return [{**known, "officer": f"user:{number}"} for number in (2, 3)]
