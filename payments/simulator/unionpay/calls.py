"""What UnionPay's gateway can be asked: orders of payers, of merchants, questions, files."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from payments.simulator.clock import SHANGHAI, milliseconds
from payments.simulator.exchange import Answer
from payments.simulator.plans import REFUND_KINDS, PlanBook, PlanKind
from payments.simulator.unionpay.bills import BillDesk
from payments.simulator.unionpay.gateway import Call, MessageRefusedError, Method, told
from payments.simulator.unionpay.returns import ReturnBook
from payments.simulator.unionpay.signing import Fields
from payments.simulator.unionpay.transactions import (
    OK,
    Order,
    Status,
    Transaction,
    TransactionBook,
)

CASHIER = "/unionpay/cashier/"
_ORDER_ID = re.compile(r"[0-9A-Za-z]{8,40}")
_TIME = re.compile(r"[0-9]{14}")
_AMOUNT = re.compile(r"[1-9][0-9]{0,11}")
_CHANNEL_TYPES = ("07", "08")
_LIFE_MS = 24 * 60 * 60 * 1000
# What may be ordered upon what, and which of those stands in the way of it.
_ORIGINALS = {"03": ("02",), "04": ("01", "03"), "31": ("01",), "32": ("02",), "33": ("03",)}
_UNDOING = ("31", "32", "33")
# For how long banks hold what was authorised; then it is the cardholder's again by itself.
_HELD_MS = 30 * _LIFE_MS
_CAPTURED_PERCENT_MAX = 115


@dataclass(frozen=True)
class Calls:
    """The gateway's methods; `public_url` is where payers find the pages."""

    transactions: TransactionBook
    plans: PlanBook
    returns: ReturnBook
    bills: BillDesk
    public_url: str

    def by_name(self) -> dict[str, Method]:
        """Name the methods as the gateway does."""
        return {
            "unionpay.capture": self.order,
            "unionpay.refund": self.order,
            "unionpay.void": self.order,
            "unionpay.query": self.query,
            "unionpay.file": self.bills.file,
        }

    def front(self, call: Call) -> Answer:
        """Lead a payer to the page; the same order leads there again.

        Raises MessageRefusedError for bad fields, for another order under the same number, and
        for one that is paid or whose time is over.
        """
        if call.fields.get("channelType") not in _CHANNEL_TYPES:
            raise MessageRefusedError("10")
        found = self._known(call)
        order = _order(call, orig_id=None, ends_ms=_timeout_ms(call), ending_code=OK)
        if found is None:
            if order.ends_ms <= call.at_ms:
                raise MessageRefusedError("69")
            found = self.transactions.accept(order, merchant=call.merchant, at_ms=call.at_ms)
        elif found.digest != order.digest or found.status != Status.OPEN:
            raise MessageRefusedError("12")
        else:
            self.transactions.record("order_repeated", found, at_ms=call.at_ms)
        address = f"{self.public_url}{CASHIER}{found.token}"
        return Answer(status=303, body=b"", headers=(("Location", address),))

    def order(self, call: Call) -> Fields:
        """Take money, give it back, or undo something: accepted now, done at once or later.

        Raises MessageRefusedError.
        """
        if self._known(call) is not None:
            raise MessageRefusedError("12")
        original = self._original(call)
        order = _order(call, orig_id=original.id, ends_ms=call.at_ms, ending_code=OK)
        self._require_possible(order, original=original, at_ms=call.at_ms)
        plan = self.plans.take(
            REFUND_KINDS,
            app_id=call.merchant.mer_id,
            numbers=(order.order_id, original.order_id),
        )
        if plan is not None and plan.kind == PlanKind.REFUND_REFUSED:
            raise MessageRefusedError(plan.error_code or "99")
        comes_back = plan is not None and plan.kind == PlanKind.REFUND_REVERSED
        if plan is not None and not comes_back:
            is_failing = plan.kind == PlanKind.REFUND_FAILED
            order = _order(
                call,
                orig_id=original.id,
                ends_ms=call.at_ms + plan.wait_ms,
                ending_code=plan.error_code or "60" if is_failing else OK,
            )
        accepted = self.transactions.accept(order, merchant=call.merchant, at_ms=call.at_ms)
        if plan is not None and comes_back:
            self.returns.order(
                accepted.id,
                mer_id=accepted.mer_id,
                code=plan.error_code or "60",
                at_ms=call.at_ms + plan.wait_ms,
            )
        return told(
            call,
            code=OK,
            queryId=accepted.query_id,
            txnAmt=str(accepted.amount_minor),
            origQryId=original.query_id,
        )

    def query(self, call: Call) -> Fields:
        """Say where a transaction stands; Raises MessageRefusedError if there is none."""
        found = self._known(call)
        if found is None:
            raise MessageRefusedError("34")
        return told(call, code=OK, **shown(found))

    def _known(self, call: Call) -> Transaction | None:
        order_id, txn_time = call.fields.get("orderId", ""), call.fields["txnTime"]
        if not _ORDER_ID.fullmatch(order_id) or not _TIME.fullmatch(txn_time):
            raise MessageRefusedError("10")
        self.returns.conclude(mer_id=call.merchant.mer_id, at_ms=call.at_ms)
        found = self.transactions.find(
            mer_id=call.merchant.mer_id, order_id=order_id, txn_time=txn_time
        )
        if found is None:
            return None
        return self.transactions.as_of(found, merchant=call.merchant, at_ms=call.at_ms)

    def _original(self, call: Call) -> Transaction:
        query_id = call.fields.get("origQryId", "")
        if not query_id:
            raise MessageRefusedError("13")
        found = self.transactions.find_by_query_id(mer_id=call.merchant.mer_id, query_id=query_id)
        kinds = _ORIGINALS[call.fields["txnType"]]
        if found is None or found.status != Status.DONE or found.txn_type not in kinds:
            raise MessageRefusedError("35")
        return found

    def _require_possible(self, order: Order, *, original: Transaction, at_ms: int) -> None:
        """Refuse what the original does not allow any more. Raises MessageRefusedError."""
        upon = self.transactions.upon(original)
        if order.txn_type == "04":
            if any(other.txn_type in _UNDOING for other in upon):
                raise MessageRefusedError("35")
            gone_minor = sum(other.amount_minor for other in upon)
            if order.amount_minor > original.amount_minor - gone_minor:
                raise MessageRefusedError("36")
            return
        if upon or _has_lapsed(original, at_ms=at_ms):
            raise MessageRefusedError("35")
        if order.txn_type == "03":
            if order.amount_minor * 100 > original.amount_minor * _CAPTURED_PERCENT_MAX:
                raise MessageRefusedError("36")
            return
        if order.amount_minor != original.amount_minor:
            raise MessageRefusedError("36")


def _has_lapsed(original: Transaction, *, at_ms: int) -> bool:
    """Tell whether a bank has let go of what it held."""
    is_held = original.txn_type == "02" and original.done_ms is not None
    return is_held and at_ms >= (original.done_ms or 0) + _HELD_MS


def shown(found: Transaction) -> Fields:
    """Tell a merchant of a transaction; of the card, as much as a receipt shows."""
    fields = {
        "queryId": found.query_id,
        "origRespCode": found.code,
        "origRespMsg": "交易成功" if found.status == Status.DONE else "",
        "txnAmt": str(found.amount_minor),
        "currencyCode": "156",
        "settleAmt": str(found.amount_minor),
        "settleCurrencyCode": "156",
        "settleDate": found.trace_time[:4],
        "traceNo": f"{found.id % 1_000_000:06d}",
        "traceTime": found.trace_time,
    }
    if found.card_tail:
        fields["accNo"] = f"621626*********{found.card_tail}"
    return fields


def _order(call: Call, *, orig_id: int | None, ends_ms: int, ending_code: str) -> Order:
    amount = call.fields.get("txnAmt", "")
    if not _AMOUNT.fullmatch(amount) or call.fields.get("currencyCode", "156") != "156":
        raise MessageRefusedError("10")
    same = {name: text for name, text in call.fields.items() if name != "signature"}
    return Order(
        order_id=call.fields["orderId"],
        txn_time=call.fields["txnTime"],
        txn_type=call.fields["txnType"],
        digest=hashlib.sha256(repr(sorted(same.items())).encode()).hexdigest(),
        amount_minor=int(amount),
        description=call.fields.get("orderDesc", ""),
        front_url=call.fields.get("frontUrl", ""),
        back_url=call.fields.get("backUrl", ""),
        orig_id=orig_id,
        ends_ms=ends_ms,
        ending_code=ending_code,
    )


def _timeout_ms(call: Call) -> int:
    text = call.fields.get("payTimeout", "")
    if not text:
        return call.at_ms + _LIFE_MS
    try:
        return milliseconds(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI))
    except ValueError as error:
        raise MessageRefusedError("10") from error
