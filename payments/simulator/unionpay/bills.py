"""UnionPay's file of a day: a ZIP with texts of fixed columns, told in a signed answer."""

import base64
import io
import sqlite3
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from payments.simulator.bill_changes import BillChangeBook, BillLine, LineAbout
from payments.simulator.clock import VirtualClock, shanghai_date
from payments.simulator.store import Store
from payments.simulator.unionpay.chargebacks import ChargebackBook
from payments.simulator.unionpay.gateway import Call, MessageRefusedError, told
from payments.simulator.unionpay.returns import ReturnBook
from payments.simulator.unionpay.signing import Fields

# The widths of the columns of a merchant's file (ZM), each followed by a blank.
_WIDTHS = (
    *(3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1),
    *(21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98),
)
_TRANSACTION_CODES = {"01": "S22", "03": "S26", "04": "S30", "31": "S32", "33": "S34"}
_DONE_SQL = """
    SELECT t.*, o.query_id AS orig_query_id FROM unionpay_transactions t
    LEFT JOIN unionpay_transactions o ON o.id = t.orig_id
    WHERE t.mer_id = ? AND t.done_date = ?
        AND t.txn_type IN ('01', '03', '04', '31', '33')
    ORDER BY t.done_ms, t.id
"""
_DAYS_BACK_MAX = 360


@dataclass(frozen=True)
class BillDesk:
    """Makes the file of a day that is over."""

    store: Store
    clock: VirtualClock
    changes: BillChangeBook
    chargebacks: ChargebackBook
    returns: ReturnBook

    def file(self, call: Call) -> Fields:
        """Give the file of the last day that is called so.

        Raises MessageRefusedError if it is not over, or nothing is known of it.
        """
        day = _day(call.fields.get("settleDate", ""), today=shanghai_date(call.at_ms))
        if day is None or call.fields.get("fileType") != "00":
            raise MessageRefusedError("98")
        mer_id = call.merchant.mer_id
        lines = self.changes.applied(
            [_line(row) for row in self.store.rows(_DONE_SQL, mer_id, day.isoformat())],
            channel="unionpay",
            owner=mer_id,
            day=day,
        )
        name = f"INN{day:%y%m%d}88ZM_{mer_id}"
        members = {name: [_written(line, mer_id=mer_id) for line in lines]}
        self.chargebacks.conclude(mer_id=mer_id, at_ms=call.at_ms)
        self.returns.conclude(mer_id=mer_id, at_ms=call.at_ms)
        if errors := [
            *self.chargebacks.lines(mer_id=mer_id, day=day),
            *self.returns.lines(mer_id=mer_id, day=day),
        ]:
            members[f"INN{day:%y%m%d}88ZME_{mer_id}"] = errors
        content = base64.b64encode(zlib.compress(_zipped(members))).decode("ascii")
        return told(
            call,
            code="00",
            settleDate=f"{day:%m%d}",
            fileType="00",
            fileName=f"{name}.zip",
            fileContent=content,
        )


def _day(text: str, *, today: date) -> date | None:
    """Find the last day before today that is written so, or none."""
    for back in range(1, _DAYS_BACK_MAX):
        day = today - timedelta(days=back)
        if f"{day:%m%d}" == text:
            return day
    return None


def _line(row: sqlite3.Row) -> BillLine:
    is_payment = row["txn_type"] in ("01", "03")
    return BillLine(
        about=LineAbout.PAYMENT if is_payment else LineAbout.REFUND,
        number=row["order_id"],
        amount_minor=row["amount_minor"],
        fee_minor=row["fee_minor"],
        status=row["txn_type"],
        details={
            "txn_time": row["txn_time"],
            "query_id": row["query_id"],
            "orig_query_id": row["orig_query_id"] or "",
            "trace_no": f"{row['id'] % 1_000_000:06d}",
            "card_tail": row["card_tail"],
        },
    )


def _written(line: BillLine, *, mer_id: str) -> str:
    """Write one line; C is owed to the merchant, D by it. What nobody needs is left blank."""
    is_payment = line.about == LineAbout.PAYMENT
    net_minor = line.amount_minor - line.fee_minor
    fee_side, net_side = ("D", "C") if is_payment else ("C", "D")
    tail = line.details.get("card_tail", "")
    texts = {
        0: _TRANSACTION_CODES.get(line.status, "S22" if is_payment else "S30"),
        3: line.details.get("trace_no", ""),
        4: line.details.get("txn_time", "")[4:],
        5: f"621626*********{tail}" if tail else "",
        6: f"{line.amount_minor:012d}",
        9: line.details.get("query_id", ""),
        11: line.number,
        15: f"{fee_side}{line.fee_minor:012d}",
        16: f"{net_side}{net_minor:012d}",
        19: line.status,
        20: "01" if line.status == "01" else "00",
        21: "000201",
        26: line.details.get("orig_query_id", ""),
        27: mer_id,
    }
    return " ".join(texts.get(place, "").ljust(width) for place, width in enumerate(_WIDTHS))


def _zipped(members: Mapping[str, Sequence[str]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, lines in members.items():
            # A fixed time, so that the same day is the same file, byte for byte.
            entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
            archive.writestr(entry, "".join(f"{line}\r\n" for line in lines).encode("utf-8"))
    return packed.getvalue()
