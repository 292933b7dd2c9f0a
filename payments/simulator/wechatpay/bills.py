"""WeChat Pay's bills of a day: where the file is with its hash, and the file, which is not signed.

There are bills of trades and of each account's money, from ten o'clock of the next day on
for about three months. A day on which nothing happened has none.
"""

import gzip
import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from payments.simulator.bill_changes import BillChangeBook, LineAbout
from payments.simulator.clock import shanghai_date, shanghai_ms
from payments.simulator.store import Store
from payments.simulator.wechatpay.bill_lines import trade_lines
from payments.simulator.wechatpay.bill_texts import fund_text, trade_text
from payments.simulator.wechatpay.fund_rows import ACCOUNTS, fund_rows
from payments.simulator.wechatpay.gateway import Call, Method, Reply
from payments.simulator.wechatpay.refunds import RefundBook
from payments.simulator.wechatpay.refusals import CallRefusedError, bad_parameter
from payments.simulator.wechatpay.trades import TradeBook
from payments.simulator.wechatpay.transfers import TransferBook

CHANNEL = "wechatpay"
_WRITTEN_AT_HOUR = 10
_HOUR_MS = 3_600_000
_FILE_MS = 5 * 60 * 1000
_KEPT = timedelta(days=92)
_ABOUT = {
    "ALL": frozenset(LineAbout),
    "SUCCESS": frozenset({LineAbout.PAYMENT}),
    "REFUND": frozenset({LineAbout.REFUND}),
    "RECHARGE_REFUND": frozenset[LineAbout](),
}


@dataclass(frozen=True)
class BillMethods:
    """The calls about bills."""

    store: Store
    trades: TradeBook
    refunds: RefundBook
    transfers: TransferBook
    changes: BillChangeBook

    def by_name(self) -> dict[str, Method]:
        """Name the calls as the log of effects does."""
        return {
            "wechat.trade_bill": self.trade_bill,
            "wechat.fund_bill": self.fund_bill,
            "wechat.bill_file": self.file,
        }

    def trade_bill(self, call: Call) -> Reply:
        """Say where the bill of a day's trades is; what was ordered to differ in it does.

        There are no vouchers that people pay for here, so refunds of those have no bill. Days are
        those of Asia/Shanghai. Raises CallRefusedError: a wrong parameter, or a day of nothing.
        """
        day, kind = _day(call), call.query.get("bill_type", "ALL")
        if kind not in _ABOUT:
            raise bad_parameter("/query/bill_type")
        self._end_refunds(call)
        merchant = call.merchant
        lines = self.changes.applied(
            trade_lines(self.store, merchant=merchant, day=day),
            channel=CHANNEL,
            owner=merchant.mchid,
            day=day,
        )
        listed = [line for line in lines if line.about in _ABOUT[kind]]
        if not listed:
            raise CallRefusedError("NO_STATEMENT_EXIST")
        text = trade_text(listed, kind=kind, merchant=merchant, day=day)
        return self._laid_ready(text, call=call)

    def fund_bill(self, call: Call) -> Reply:
        """Say where the bill of a day's money is; its balance runs on from day to day.

        Raises CallRefusedError as `trade_bill`.
        """
        day, account = _day(call), call.query.get("account_type", "BASIC")
        if account not in ACCOUNTS:
            raise bad_parameter("/query/account_type")
        self._end_refunds(call)
        self.transfers.conclude(mchid=call.merchant.mchid, at_ms=call.at_ms)
        rows = fund_rows(self.store, merchant=call.merchant, account=account, day=day)
        if not rows:
            raise CallRefusedError("NO_STATEMENT_EXIST")
        return self._laid_ready(fund_text(rows, merchant=call.merchant), call=call)

    def file(self, call: Call) -> Reply:
        """Hand a file out to the merchant that it is for, for five minutes.

        Raises CallRefusedError for a token that is over, or another merchant's.
        """
        row = self.store.row(
            "SELECT * FROM wechat_bill_files WHERE token = ? AND mchid = ?",
            call.query.get("token", ""),
            call.merchant.mchid,
        )
        if row is None or call.at_ms >= row["expires_ms"]:
            raise bad_parameter("/query/token", message="下载地址已失效")
        return Reply(status=200, content=None, file=bytes(row["file"]))

    def _laid_ready(self, text: bytes, *, call: Call) -> Reply:
        tar_type = call.query.get("tar_type", "")
        if tar_type not in ("", "GZIP"):
            raise bad_parameter("/query/tar_type")
        token = secrets.token_urlsafe(48)
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO wechat_bill_files VALUES (?, ?, ?, ?)",
                (
                    token,
                    call.merchant.mchid,
                    call.at_ms + _FILE_MS,
                    gzip.compress(text, mtime=0) if tar_type else text,
                ),
            )
        content: dict[str, object] = {
            "hash_type": "SHA1",
            # Of the text, also when the file is packed.
            "hash_value": hashlib.sha1(text, usedforsecurity=False).hexdigest(),
            "download_url": f"http://{call.host}/v3/billdownload/file?token={token}",
        }
        return Reply(status=200, content=content)

    def _end_refunds(self, call: Call) -> None:
        """Let refunds whose time has come end before they are listed."""
        for refund in self.refunds.due(mchid=call.merchant.mchid, at_ms=call.at_ms):
            trade = self.trades.find_by_id(refund.trade_id)
            assert trade is not None
            self.refunds.as_of(refund, trade=trade, merchant=call.merchant, at_ms=call.at_ms)


def _day(call: Call) -> date:
    """Take the day of a bill that is written. Raises CallRefusedError for any other."""
    try:
        day = date.fromisoformat(call.query.get("bill_date", ""))
    except ValueError as error:
        raise bad_parameter("/query/bill_date") from error
    written_ms = shanghai_ms(f"{day + timedelta(days=1)} 00:00:00") + _WRITTEN_AT_HOUR * _HOUR_MS
    if call.at_ms < written_ms or day < shanghai_date(call.at_ms) - _KEPT:
        raise CallRefusedError("NO_STATEMENT_EXIST")
    return day
