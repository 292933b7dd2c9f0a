"""Alipay's `fund.trans.uni.transfer`, `fund.trans.common.query` and `fund.account.query`."""

import hashlib
import json
import re
from dataclasses import dataclass

from payments.simulator.alipay.gateway import Call, Method, success
from payments.simulator.alipay.payees import Payee, PayeeBook
from payments.simulator.alipay.refusals import GatewayRefusedError, Node, meaning
from payments.simulator.alipay.transfers import Transfer, TransferBook, TransferOrder
from payments.simulator.clock import shanghai_text
from payments.simulator.money import amount_text, exact_minor
from payments.simulator.plans import PlanKind
from payments.simulator.wallets import WalletBook

_NUMBER = re.compile(r"[A-Za-z0-9_]{1,64}")
_PRODUCT = "TRANS_ACCOUNT_NO_PWD"
_SCENE = "DIRECT_TRANSFER"
_AMOUNT_MIN_MINOR = 10
# The regulator wants to know what large amounts are for: from 50,000 yuan.
_REMARK_FROM_MINOR = 5_000_000


@dataclass(frozen=True)
class TransferMethods:
    """The methods that move a seller's own money."""

    transfers: TransferBook
    payees: PayeeBook
    wallets: WalletBook

    def by_name(self) -> dict[str, Method]:
        """Name the methods as callers do."""
        return {
            "alipay.fund.trans.uni.transfer": self.transfer,
            "alipay.fund.trans.common.query": self.query,
            "alipay.fund.account.query": self.account,
        }

    def transfer(self, call: Call) -> Node:
        """Send money; the same request under the same number is answered by how it stands.

        Raises GatewayRefusedError for what Alipay would not do; then nothing is remembered, and
        the number may come again.
        """
        # Money that goes out needs certificates, whatever else an application may do.
        if call.app.certificates is None:
            raise GatewayRefusedError("isv.missing-app-cert-sn")
        self._require_allowed(call)
        number, amount_minor = _text(call, "out_biz_no"), _amount_minor(call)
        if not _NUMBER.fullmatch(number):
            raise _invalid("out_biz_no")
        digest = _digest(call)
        earlier = self.transfers.find(app_id=call.app.app_id, out_biz_no=number, at_ms=call.at_ms)
        if earlier is not None:
            if earlier.digest != digest:
                raise GatewayRefusedError("PAYMENT_INFO_INCONSISTENCY")
            self.transfers.repeat(earlier, at_ms=call.at_ms)
            return _answer(earlier)

        _require_product(call)
        _require_reports(call)
        payee = self._payee(call)
        fee_minor = self._require_affordable(call, amount_minor=amount_minor)
        plan = self.transfers.planned(call.app, out_biz_no=number)
        if plan is not None and plan.kind == PlanKind.TRANSFER_REFUSED:
            raise GatewayRefusedError(plan.error_code or "")
        order = TransferOrder(
            out_biz_no=number,
            digest=digest,
            amount_minor=amount_minor,
            fee_minor=fee_minor,
            payee_user_id=payee.user_id,
        )
        return _answer(self.transfers.accept(order, app=call.app, plan=plan, at_ms=call.at_ms))

    def query(self, call: Call) -> Node:
        """Say where a transfer stands; Raises GatewayRefusedError if there is none."""
        order_id = _text(call, "order_id") or _text(call, "pay_fund_order_id")
        number, app_id = _text(call, "out_biz_no"), call.app.app_id
        if order_id:
            transfer = self.transfers.find_by_order_id(
                app_id=app_id, order_id=order_id, at_ms=call.at_ms
            )
        elif number:
            _require_product(call)
            transfer = self.transfers.find(app_id=app_id, out_biz_no=number, at_ms=call.at_ms)
        else:
            raise _invalid("out_biz_no")
        if transfer is None:
            raise GatewayRefusedError("ORDER_NOT_EXIST")
        return _shown(transfer)

    def account(self, call: Call) -> Node:
        """Say what the seller's wallet holds; Raises GatewayRefusedError for anybody else's."""
        if _text(call, "alipay_user_id") != call.app.seller_id:
            raise _invalid("alipay_user_id")
        self.transfers.conclude(at_ms=call.at_ms)
        currency = call.app.currency
        balance_minor = self.wallets.balance_minor(seller_id=call.app.seller_id, currency=currency)
        return success(
            available_amount=amount_text(balance_minor, currency=currency),
            freeze_amount=amount_text(0, currency=currency),
        )

    def _payee(self, call: Call) -> Payee:
        """Find who is to be paid; their name must be right wherever it is given."""
        who = call.biz.get("payee_info")
        fields = who if isinstance(who, dict) else {}
        identity, kind = fields.get("identity"), fields.get("identity_type")
        name = fields.get("name", "")
        if not isinstance(identity, str) or not identity or not isinstance(name, str):
            raise _invalid("payee_info")
        match kind:
            case "ALIPAY_USER_ID":
                payee = self.payees.find_by_user_id(identity)
            case "ALIPAY_LOGON_ID" if name:
                payee = self.payees.find_by_logon_id(identity)
            case "ALIPAY_OPEN_ID":
                payee = self.payees.find_by_open_id(identity, app_id=call.app.app_id)
            case _:
                raise _invalid("payee_info")
        if payee is None:
            raise GatewayRefusedError("PAYEE_NOT_EXIST")
        if name and name != payee.real_name:
            raise GatewayRefusedError("PAYEE_USER_INFO_ERROR")
        if payee.is_blocked:
            raise GatewayRefusedError("BLOCK_USER_FORBBIDEN_RECIEVE")
        return payee

    def _require_allowed(self, call: Call) -> None:
        """Refuse an address that may not ask, and a scene that was not opened."""
        row = self.transfers.terms(call.app.app_id)
        if row is None:
            return
        if not row["is_ip_allowed"]:
            raise GatewayRefusedError("isv.ip-forbidden")
        if row["scenes"] and _text(call, "transfer_scene_name") not in row["scenes"].split(","):
            raise GatewayRefusedError("TRANSFER_SCENE_NAME_ILLEGAL")

    def _require_affordable(self, call: Call, *, amount_minor: int) -> int:
        """Check the limits and the balance; returns what the transfer costs."""
        app = call.app
        terms = self.wallets.terms(seller_id=app.seller_id)
        if amount_minor < _AMOUNT_MIN_MINOR:
            raise GatewayRefusedError("EXCEED_LIMIT_SM_MIN_AMOUNT")
        if amount_minor > terms.single_max_minor:
            raise GatewayRefusedError("EXCEED_LIMIT_SM_AMOUNT")
        if self.transfers.sent_minor(app, at_ms=call.at_ms) + amount_minor > terms.day_max_minor:
            raise GatewayRefusedError("EXCEED_LIMIT_DM_AMOUNT")
        if amount_minor >= _REMARK_FROM_MINOR and not _text(call, "remark"):
            raise GatewayRefusedError("MEMO_REQUIRED_IN_TRANSFER_ERROR")
        balance_minor = self.wallets.balance_minor(seller_id=app.seller_id, currency=app.currency)
        if amount_minor + terms.fee_minor > balance_minor:
            raise GatewayRefusedError("PAYER_BALANCE_NOT_ENOUGH")
        return terms.fee_minor


def _answer(transfer: Transfer) -> Node:
    node = success(
        out_biz_no=transfer.out_biz_no,
        order_id=transfer.order_id,
        status=transfer.status,
        trans_date=shanghai_text(transfer.accepted_ms),
    )
    if transfer.status in ("SUCCESS", "REFUND"):
        node["pay_fund_order_id"] = transfer.pay_fund_order_id
    node.update(error_of(transfer))
    return node


def _shown(transfer: Transfer) -> Node:
    node = success(
        out_biz_no=transfer.out_biz_no,
        order_id=transfer.order_id,
        status=transfer.status,
        trans_amount=amount_text(transfer.amount_minor, currency=transfer.currency),
        trans_currency=transfer.currency,
        order_fee=amount_text(transfer.fee_minor, currency=transfer.currency),
    )
    if transfer.status in ("SUCCESS", "REFUND"):
        node["pay_fund_order_id"] = transfer.pay_fund_order_id
        node["pay_date"] = shanghai_text(transfer.ends_ms)
    if transfer.status == "DEALING":
        node["arrival_time_end"] = shanghai_text(transfer.ends_ms)
    node.update(error_of(transfer))
    return node


def error_of(transfer: Transfer) -> Node:
    """Say why a transfer failed or came back; nothing for one that is well."""
    if transfer.status not in ("FAIL", "REFUND") or transfer.error_code is None:
        return {}
    return {"error_code": transfer.error_code, "fail_reason": meaning(transfer.error_code)}


def _amount_minor(call: Call) -> int:
    try:
        return exact_minor(_text(call, "trans_amount"), currency=call.app.currency)
    except ValueError as error:
        raise _invalid("trans_amount") from error


def _require_product(call: Call) -> None:
    if _text(call, "product_code") != _PRODUCT:
        raise GatewayRefusedError("PRODUCT_NOT_SIGN")
    if _text(call, "biz_scene") != _SCENE:
        raise _invalid("biz_scene")


def _require_reports(call: Call) -> None:
    """Refuse reports that are not pairs of words, or that tell of no scene."""
    reports = call.biz.get("transfer_scene_report_infos")
    if reports is None:
        return
    if not isinstance(reports, list) or not reports or not _text(call, "transfer_scene_name"):
        raise _invalid("transfer_scene_report_infos")
    for report in reports:
        if not isinstance(report, dict) or set(report) != {"info_type", "info_content"}:
            raise _invalid("transfer_scene_report_infos")
        if not all(isinstance(word, str) and word for word in report.values()):
            raise _invalid("transfer_scene_report_infos")


def _digest(call: Call) -> str:
    canonical = json.dumps(call.biz, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _text(call: Call, name: str) -> str:
    value = call.biz.get(name, "")
    if not isinstance(value, str):
        raise _invalid(name)
    return value


def _invalid(name: str) -> GatewayRefusedError:
    return GatewayRefusedError("INVALID_PARAMETER", field=name)
