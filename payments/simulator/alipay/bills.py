"""The simulated Alipay's bill of a day: asked for, fetched within half a minute, as a ZIP.

It lists what was paid and given back on a Shanghai day, from nine o'clock of the next day on. Of
the bills that Alipay writes there is only the one about trades.
"""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qs

from payments.simulator.alipay.apps import App, AppBook
from payments.simulator.alipay.bill_files import BillDay, bill_zip
from payments.simulator.alipay.fields import biz_text
from payments.simulator.alipay.gateway import Call, Method, success
from payments.simulator.alipay.refunds import RefundBook
from payments.simulator.alipay.refusals import GatewayRefusedError, Node
from payments.simulator.bill_changes import BillChangeBook, BillLine, LineAbout
from payments.simulator.clock import VirtualClock, shanghai_date, shanghai_ms, shanghai_text
from payments.simulator.exchange import Answer, Request, error_answer
from payments.simulator.money import amount_text
from payments.simulator.store import Store

PATH = "/alipay/bill"
CHANNEL = "alipay"
_HOUR_MS = 3_600_000
_WRITTEN_AT_HOUR = 9
_LINK_MS = 30_000
_LINES = """
    SELECT 0 AS is_refund, t.out_trade_no AS number, t.total_minor AS amount_minor,
        t.fee_minor, t.paid_ms AS done_ms, '' AS out_request_no, t.trade_no, t.out_trade_no,
        t.subject, t.created_ms, t.buyer_id, c.coupon_minor, g.gift_minor
    FROM trades t LEFT JOIN trade_coupons c ON c.trade_id = t.id
        LEFT JOIN trade_gifts g ON g.trade_id = t.id
    WHERE t.app_id = ?1 AND t.paid_date = ?2 AND t.paid_ms IS NOT NULL
    UNION ALL
    SELECT 1, r.out_request_no, r.amount_minor, r.fee_minor, r.ends_ms, r.out_request_no,
        t.trade_no, t.out_trade_no, t.subject, t.created_ms, t.buyer_id, NULL, g.gift_minor
    FROM alipay_refunds r JOIN trades t ON t.id = r.trade_id
        LEFT JOIN alipay_refund_gifts g ON g.refund_id = r.id
    WHERE t.app_id = ?1 AND r.ends_date = ?2 AND r.status = 'done'
    ORDER BY done_ms, is_refund
"""


@dataclass(frozen=True)
class BillMethods:
    """What one can ask about bills, and the door at which the file lies."""

    store: Store
    clock: VirtualClock
    apps: AppBook
    refunds: RefundBook
    changes: BillChangeBook

    def by_name(self) -> dict[str, Method]:
        """Name the method as callers do."""
        return {"alipay.data.dataservice.bill.downloadurl.query": self.url}

    def url(self, call: Call) -> Node:
        """Say where a day's bill lies, at the host that was asked.

        Raises GatewayRefusedError for a day that is not over, and before it is written.
        """
        day = _day(biz_text(call, "bill_date"))
        if biz_text(call, "bill_type") not in ("trade", "signcustomer"):
            raise GatewayRefusedError("isv.invalid_arguments", field="bill_type")
        if day >= shanghai_date(call.at_ms):
            raise GatewayRefusedError("isv.invalid_arguments", field="bill_date")
        is_written = call.at_ms >= _written_ms(day)
        if not is_written or biz_text(call, "bill_type") != "trade":
            raise GatewayRefusedError("isp.bill_not_exist")
        token = secrets.token_hex(16)
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO alipay_bill_links VALUES (?, ?, ?, ?)",
                (token, call.app.app_id, day.isoformat(), call.at_ms + _LINK_MS),
            )
        return success(bill_download_url=f"http://{call.host}{PATH}?fileId={token}")

    def answer(self, request: Request) -> Answer:
        """Hand the file to whoever has the address, while that is good."""
        token = parse_qs(request.query).get("fileId", [""])[0]
        row = self.store.row("SELECT * FROM alipay_bill_links WHERE token = ?", token)
        if row is None or self.clock.now_ms() >= row["expires_ms"]:
            return error_answer(status=404, code="link_expired", detail="ask for the bill again")
        app = self.apps.find(row["app_id"])
        assert app is not None
        body = self._file(app, day=date.fromisoformat(row["day"]))
        return Answer(status=200, body=body, content_type="application/zip")

    def _file(self, app: App, *, day: date) -> bytes:
        self.refunds.conclude(at_ms=self.clock.now_ms())
        rows = self.store.rows(_LINES, app.app_id, day.isoformat())
        happened = [_line(row, currency=app.currency) for row in rows]
        lines = self.changes.applied(happened, channel=CHANNEL, owner=app.app_id, day=day)
        written = BillDay(
            seller_id=app.seller_id,
            currency=app.currency,
            day=day,
            written_ms=_written_ms(day),
        )
        return bill_zip(lines, of=written)


def _line(row: sqlite3.Row, *, currency: str) -> BillLine:
    """Write what happened as a line of a bill, the rest of its columns as texts."""
    coupon_minor = row["coupon_minor"] or 0
    return BillLine(
        about=LineAbout.REFUND if row["is_refund"] else LineAbout.PAYMENT,
        number=row["number"],
        amount_minor=row["amount_minor"],
        fee_minor=row["fee_minor"],
        status="退款" if row["is_refund"] else "交易",
        details={
            "trade_no": row["trade_no"],
            "out_trade_no": row["out_trade_no"],
            "out_request_no": row["out_request_no"],
            "subject": row["subject"],
            "created": shanghai_text(row["created_ms"]),
            "finished": shanghai_text(row["done_ms"]),
            "payer": f"*买家(138****{row['buyer_id'][-4:]})",
            "coupon": amount_text(coupon_minor, currency=currency),
            "gift_minor": str(row["gift_minor"] or 0),
        },
    )


def _written_ms(day: date) -> int:
    """Say when the bill of a day is there."""
    midnight = shanghai_ms(f"{day + timedelta(days=1)} 00:00:00")
    return midnight + _WRITTEN_AT_HOUR * _HOUR_MS


def _day(text: str) -> date:
    """Read the day of a bill; Raises GatewayRefusedError, also for a whole month."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise GatewayRefusedError("isv.invalid_arguments", field="bill_date") from error
    if day.isoformat() != text:
        raise GatewayRefusedError("isv.invalid_arguments", field="bill_date")
    return day
