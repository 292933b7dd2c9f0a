"""The control API's Alipay part, under `/control/alipay/`: payees, wallets, plans, returns."""

from dataclasses import dataclass

from payments.simulator.alipay.apps import App, AppBook
from payments.simulator.alipay.holds import HoldBook
from payments.simulator.alipay.payees import Payee, PayeeBook
from payments.simulator.alipay.refunds import RefundBook
from payments.simulator.alipay.trades import TradeBook, TradeStatus
from payments.simulator.alipay.transfers import Transfer, TransferBook
from payments.simulator.bank.accounts import AccountBook
from payments.simulator.clock import VirtualClock
from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields, bad_request
from payments.simulator.plans import PlanBook, plan_from
from payments.simulator.store import Store
from payments.simulator.wallets import WalletBook, WalletTerms

_MOVES = {"wallets/top-up": ("top_up", "DBIT", 1), "wallets/withdraw": ("withdrawal", "CRDT", -1)}


@dataclass(frozen=True)
class AlipayControl:
    """What tests, the demo and the replay tell the simulated Alipay beside payments."""

    store: Store
    clock: VirtualClock
    apps: AppBook
    trades: TradeBook
    refunds: RefundBook
    transfers: TransferBook
    payees: PayeeBook
    wallets: WalletBook
    plans: PlanBook
    accounts: AccountBook
    holds: HoldBook

    def shown(self, parts: list[str]) -> object:
        """Answer a question; Raises RefusedError where there is nothing."""
        match parts:
            case ["wallets", app_id]:
                return self._wallet_shown(self._app(app_id))
            case ["transfers", app_id, out_biz_no]:
                return _transfer_shown(self._transfer(app_id, out_biz_no=out_biz_no))
            case ["plans"]:
                return {"plans": [plan.shown() for plan in self.plans.waiting()]}
            case _:
                raise _not_found("/".join(parts))

    def changed(self, name: str, *, fields: JsonFields) -> object:
        """Carry an order out; Raises RefusedError if it cannot be, and then nothing is written."""
        match name:
            case "payees":
                return self._open_payee(fields)
            case "plans":
                return self.plans.order(plan_from(fields)).shown()
            case "wallets/top-up" | "wallets/withdraw":
                kind, direction, sign = _MOVES[name]
                return self._move(fields, kind=kind, direction=direction, sign=sign)
            case "wallets/terms":
                return self._agree(fields)
            case "transfers/terms":
                return self._agree_on_transfers(fields)
            case "transfers/return":
                return self._return_transfer(fields)
            case "holds/scan" | "holds/grant" | "holds/refuse":
                return self._choose_hold(fields, choice=name.removeprefix("holds/"))
            case "trades/finish":
                return self._finish_trade(fields)
            case _:
                raise _not_found(name)

    def _open_payee(self, fields: JsonFields) -> object:
        payee = Payee(
            user_id=fields.text("user_id"),
            logon_id=fields.text("logon_id"),
            real_name=fields.text("real_name"),
            is_blocked=fields.flag("blocked"),
        )
        open_id, app_id = fields.optional_text("open_id"), fields.optional_text("app_id")
        fields.require_no_more()
        if (open_id is None) != (app_id is None):
            raise bad_request("open_id is a name for one app_id")
        self.payees.open(payee)
        if open_id is not None and app_id is not None:
            self.payees.know(open_id, app_id=app_id, user_id=payee.user_id)
        return {"user_id": payee.user_id, "logon_id": payee.logon_id}

    def _move(self, fields: JsonFields, *, kind: str, direction: str, sign: int) -> object:
        """Move money between a seller's bank account and its wallet; a number counts once.

        A seller without a bank account is topped up out of nowhere.
        """
        app, number = self._app(fields.text("app_id")), fields.text("number")
        amount_minor, at_ms = fields.integer("amount_minor"), self._at_ms(fields)
        fields.require_no_more()
        if amount_minor < 1:
            raise bad_request("amount_minor must be 1 or more")
        words = "TOP-UP" if sign > 0 else "WITHDRAWAL"
        with self.store.transaction():
            self.transfers.conclude(at_ms=self.clock.now_ms())
            moved_minor = sign * amount_minor
            is_known = self.wallets.knows(
                seller_id=app.seller_id, kind=kind, number=number, amount_minor=moved_minor
            )
            if is_known:
                return self._wallet_shown(app)
            if self._balance_minor(app) + moved_minor < 0:
                detail = f"the wallet of {app.seller_id} holds {self._balance_minor(app)}"
                raise RefusedError(status=409, code="balance_not_enough", detail=detail)
            entry_id: int | None = None
            if app.bank_account_no is not None:
                entry_id = self.accounts.book_for_wallet(
                    app.bank_account_no,
                    direction=direction,
                    amount_minor=amount_minor,
                    remittance=f"ALIPAY {words} {app.seller_id} {number}",
                    at_ms=at_ms,
                )
            self.wallets.move(
                kind,
                seller_id=app.seller_id,
                currency=app.currency,
                amount_minor=moved_minor,
                number=number,
                at_ms=at_ms,
                bank_entry_id=entry_id,
            )
        return self._wallet_shown(app)

    def _agree(self, fields: JsonFields) -> object:
        app, usual = self._app(fields.text("app_id")), WalletTerms()
        terms = WalletTerms(
            fee_minor=fields.integer("fee_minor", default=usual.fee_minor),
            single_max_minor=fields.integer("single_max_minor", default=usual.single_max_minor),
            day_max_minor=fields.integer("day_max_minor", default=usual.day_max_minor),
        )
        fields.require_no_more()
        self.wallets.agree(terms, seller_id=app.seller_id)
        return self._wallet_shown(app)

    def _agree_on_transfers(self, fields: JsonFields) -> object:
        """Say which scenes were opened (commas between), and whether the address may ask."""
        app, scenes = self._app(fields.text("app_id")), fields.optional_text("scenes") or ""
        is_refused = fields.flag("ip_refused")
        fields.require_no_more()
        self.transfers.agree(app.app_id, scenes=scenes, is_ip_allowed=not is_refused)
        return {"app_id": app.app_id, "scenes": scenes}

    def _return_transfer(self, fields: JsonFields) -> object:
        app_id, out_biz_no = fields.text("app_id"), fields.text("out_biz_no")
        error_code, at_ms = fields.optional_text("error_code") or "REFUND", self._at_ms(fields)
        fields.require_no_more()
        transfer = self._transfer(app_id, out_biz_no=out_biz_no)
        return _transfer_shown(
            self.transfers.give_back(
                transfer, error_code=error_code, at_ms=at_ms, now_ms=self.clock.now_ms()
            )
        )

    def _choose_hold(self, fields: JsonFields, *, choice: str) -> object:
        """Be the payer of an authorisation: open its code, let the money be frozen, or refuse."""
        app_id, number = fields.text("app_id"), fields.text("out_order_no")
        at_ms = self._at_ms(fields)
        fields.require_no_more()
        hold = self.holds.find(app_id=app_id, out_order_no=number, at_ms=at_ms)
        if hold is None:
            detail = f"no authorisation {number} of {app_id}"
            raise RefusedError(status=409, code="unknown_hold", detail=detail)
        hold = self.holds.scan(hold, at_ms=at_ms)
        if choice == "grant":
            hold = self.holds.grant(hold, at_ms=at_ms)
        elif choice == "refuse":
            hold = self.holds.close(hold, reason="refused", at_ms=at_ms)
        return {"out_order_no": number, "auth_no": hold.auth_no, "status": hold.status}

    def _finish_trade(self, fields: JsonFields) -> object:
        app_id, out_trade_no = fields.text("app_id"), fields.text("out_trade_no")
        at_ms = self._at_ms(fields)
        fields.require_no_more()
        trade = self.trades.find(app_id=app_id, out_trade_no=out_trade_no)
        if trade is None or trade.status != TradeStatus.PAID:
            detail = f"no paid trade {out_trade_no} of {app_id}"
            raise RefusedError(status=409, code="unknown_trade", detail=detail)
        self.refunds.finish(trade, at_ms=at_ms)
        return {"app_id": app_id, "out_trade_no": out_trade_no, "status": "finished"}

    def _wallet_shown(self, app: App) -> dict[str, object]:
        self.transfers.conclude(at_ms=self.clock.now_ms())
        terms = self.wallets.terms(seller_id=app.seller_id)
        return {
            "seller_id": app.seller_id,
            "currency": app.currency,
            "balance_minor": self._balance_minor(app),
            "deposit_account_no": self.wallets.deposit_account_no(app),
            "fee_minor": terms.fee_minor,
            "single_max_minor": terms.single_max_minor,
            "day_max_minor": terms.day_max_minor,
        }

    def _balance_minor(self, app: App) -> int:
        return self.wallets.balance_minor(seller_id=app.seller_id, currency=app.currency)

    def _at_ms(self, fields: JsonFields) -> int:
        at_ms = fields.optional_instant_ms("at")
        return self.clock.now_ms() if at_ms is None else at_ms

    def _app(self, app_id: str) -> App:
        app = self.apps.find(app_id)
        if app is None:
            raise RefusedError(status=409, code="unknown_app", detail=f"no application {app_id}")
        return app

    def _transfer(self, app_id: str, *, out_biz_no: str) -> Transfer:
        now_ms = self.clock.now_ms()
        transfer = self.transfers.find(app_id=app_id, out_biz_no=out_biz_no, at_ms=now_ms)
        if transfer is None:
            detail = f"no transfer {out_biz_no} of {app_id}"
            raise RefusedError(status=409, code="unknown_transfer", detail=detail)
        return transfer


def _transfer_shown(transfer: Transfer) -> dict[str, object]:
    return {
        "app_id": transfer.app_id,
        "out_biz_no": transfer.out_biz_no,
        "order_id": transfer.order_id,
        "status": transfer.status,
        "error_code": transfer.error_code if transfer.status in ("FAIL", "REFUND") else None,
        "amount_minor": transfer.amount_minor,
        "fee_minor": transfer.fee_minor,
        "currency": transfer.currency,
    }


def _not_found(name: str) -> RefusedError:
    return RefusedError(status=404, code="not_found", detail=name)
