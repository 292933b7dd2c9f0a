"""The simulated bank's counter: payment files in, reports and statements out, over HTTP."""

import hashlib
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qs, unquote

from payments.simulator.bank.accounts import Account, AccountBook
from payments.simulator.bank.messages import Statement, report_message, statement_message
from payments.simulator.bank.payment_files import PaymentFile, read_payment_file
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request, json_answer
from payments.simulator.json_fields import bad_request
from payments.simulator.money import amount_text

_XML = "application/xml; charset=utf-8"


@dataclass(frozen=True)
class Bank:
    """What the bank does for its customers, at `/bank/<account>/…`."""

    accounts: AccountBook

    def answer(self, request: Request) -> Answer:
        """Serve one request; Raises RefusedError for what the bank does not do."""
        parts = [unquote(part) for part in request.path.split("/")[2:]]
        match (request.method, parts):
            case ("POST", [account_no, "payment-files"]):
                return self._take_file(self.accounts.find(account_no), body=request.body)
            case ("GET", [account_no, "payment-files", message_id, "report"]):
                return self._report(self.accounts.find(account_no), message_id=message_id)
            case ("GET", [account_no, "statement"]):
                return self._statement(self.accounts.find(account_no), query=request.query)
            case _:
                raise RefusedError(status=404, code="not_found", detail=request.path)

    def _take_file(self, account: Account, *, body: bytes) -> Answer:
        """Accept a file; the same bytes again are answered alike and not carried out again."""
        store, at_ms = self.accounts.store, self.accounts.clock.now_ms()
        digest = hashlib.sha256(body).hexdigest()
        file = read_payment_file(body, account_no=account.account_no, currency=account.currency)
        with store.transaction() as connection:
            known = store.row(
                "SELECT sha256 FROM payment_files WHERE account_no = ? AND message_id = ?",
                account.account_no,
                file.message_id,
            )
            if known is not None and known["sha256"] != digest:
                detail = f"MsgId {file.message_id} was used for another file"
                raise RefusedError(status=409, code="message_id_used", detail=detail)
            store.record_effect(
                "file_accepted" if known is None else "file_repeated",
                at_ms=at_ms,
                owner=account.account_no,
                number=file.message_id,
                digest=digest,
            )
            if known is None:
                cursor = connection.execute(
                    "INSERT INTO payment_files (account_no, message_id, sha256, received_ms,"
                    " total_minor, transfers) VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        account.account_no,
                        file.message_id,
                        digest,
                        at_ms,
                        file.total_minor,
                        len(file.orders),
                    ),
                )
                # Read again: a statement may have closed a day since the request came in.
                account = self.accounts.find(account.account_no)
                self.accounts.carry_out(file, file_id=int(cursor.lastrowid or 0), account=account)
        return _receipt(file, account=account)

    def _report(self, account: Account, *, message_id: str) -> Answer:
        store = self.accounts.store
        file = store.row(
            "SELECT * FROM payment_files WHERE account_no = ? AND message_id = ?",
            account.account_no,
            message_id,
        )
        if file is None:
            raise RefusedError(status=404, code="unknown_file", detail=message_id)
        transfers = store.rows("SELECT * FROM transfers WHERE file_id = ? ORDER BY id", file["id"])
        return Answer(status=200, body=report_message(file, transfers=transfers), content_type=_XML)

    def _statement(self, account: Account, *, query: str) -> Answer:
        """Write the statement of one day or of a range; asking for it closes its days."""
        from_date, to_date = _days(query)
        with self.accounts.store.transaction():
            account = self.accounts.close_days(account, through_date=to_date)
            statement = Statement(
                account=account,
                from_date=from_date,
                to_date=to_date,
                opening_minor=self.accounts.balance_before(account, day_date=from_date),
                entries=self.accounts.entries(account, from_date=from_date, to_date=to_date),
            )
        return Answer(status=200, body=statement_message(statement), content_type=_XML)


def _receipt(file: PaymentFile, *, account: Account) -> Answer:
    receipt = {
        "message_id": file.message_id,
        "status": "accepted",
        "transfers": len(file.orders),
        "control_sum": amount_text(file.total_minor, currency=account.currency),
    }
    return json_answer(receipt, status=202)


def _days(query: str) -> tuple[date, date]:
    fields = {name: values[-1] for name, values in parse_qs(query).items()}
    try:
        if set(fields) == {"date"}:
            day_date = date.fromisoformat(fields["date"])
            return day_date, day_date
        if set(fields) == {"from", "to"}:
            from_date = date.fromisoformat(fields["from"])
            to_date = date.fromisoformat(fields["to"])
            if from_date <= to_date:
                return from_date, to_date
    except ValueError as error:
        raise bad_request("a date is written as YYYY-MM-DD") from error
    raise bad_request("ask with date=, or with from= and to= (both days included)")
