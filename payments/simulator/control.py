"""The control API: what tests, the demo and the replay tell the simulator, from this machine."""

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qs, unquote

from payments.simulator.apps import App, AppBook, Registration
from payments.simulator.bank_accounts import AccountBook
from payments.simulator.clock import ClockBackwardsError, VirtualClock, iso_text
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request, json_answer
from payments.simulator.faults import FaultBook, fault_from
from payments.simulator.json_fields import JsonFields, bad_request
from payments.simulator.money import amount_text
from payments.simulator.notifier import Notifier
from payments.simulator.store import Store
from payments.simulator.trades import Trade, TradeBook

CLOCK_SETTING = "clock"


@dataclass(frozen=True)
class Control:
    """Everything under `/control/`."""

    store: Store
    clock: VirtualClock
    apps: AppBook
    trades: TradeBook
    faults: FaultBook
    accounts: AccountBook
    notifier: Notifier

    def answer(self, request: Request) -> Answer:
        """Serve one request of this machine; Raises RefusedError for all others."""
        # A web page in a browser of this machine is not meant, and browsers name their origin.
        if not request.is_local or "origin" in request.headers:
            raise RefusedError(status=403, code="not_local", detail="only from this machine")
        if request.method == "GET":
            return json_answer(self._shown(request))
        if request.method == "DELETE" and request.path == "/control/faults":
            return json_answer({"forgotten": self.faults.forget_all()})
        if request.method == "POST":
            fields = JsonFields(request.body)
            changed = self._changed(request.path, fields=fields)
            return json_answer(changed)
        raise RefusedError(status=405, code="wrong_method", detail=request.method)

    def _shown(self, request: Request) -> object:
        match [unquote(part) for part in request.path.split("/")[2:]]:
            case ["clock"]:
                return self.clock.shown()
            case ["trades", app_id, out_trade_no]:
                trade = self._trade(app_id, out_trade_no=out_trade_no)
                return _trade_shown(self.trades.as_of(trade, at_ms=self.clock.now_ms()))
            case ["faults"]:
                return {"faults": [fault.shown() for fault in self.faults.waiting()]}
            case ["notifications"]:
                return self.notifier.counts()
            case ["effects"]:
                return self._effects(request.query)
            case _:
                raise _not_found(request.path)

    def _changed(self, path: str, *, fields: JsonFields) -> object:
        match path.removeprefix("/control/"):
            case "clock":
                return self._set_clock(fields)
            case "apps":
                return self._register(fields)
            case "pay":
                return self._pay(fields)
            case "scan":
                return self._scan(fields)
            case "faults":
                return self.faults.order(fault_from(fields)).shown()
            case "bank/accounts":
                return self._open_account(fields)
            case "bank/closed-accounts":
                account_no = fields.text("account_no")
                fields.require_no_more()
                self.accounts.close_beneficiary(account_no)
                return {"account_no": account_no, "status": "closed"}
            case _:
                raise _not_found(path)

    def _set_clock(self, fields: JsonFields) -> object:
        now_ms, rate = fields.optional_instant_ms("now"), fields.optional_number("rate")
        is_real, is_forced = fields.flag("real"), fields.flag("force")
        fields.require_no_more()
        try:
            if is_real and now_ms is None and rate is None:
                self.clock.show_real_time(is_forced=is_forced)
            elif now_ms is not None and not is_real:
                self.clock.fix(now_ms, rate=rate or Decimal(0), is_forced=is_forced)
            elif rate is not None and not is_real:
                self.clock.run_at(rate)
            else:
                raise bad_request("set now, rate, both, or real")
        except ClockBackwardsError as error:
            raise RefusedError(status=409, code="clock_backwards", detail=str(error)) from error
        self.store.keep_setting(CLOCK_SETTING, value=self.clock.saved())
        self.notifier.look_again()
        return self.clock.shown()

    def _register(self, fields: JsonFields) -> object:
        registration = Registration(
            app_id=fields.text("app_id"),
            public_key_pem=fields.text("public_key_pem"),
            seller_id=fields.text("seller_id"),
            fee_bps=fields.integer("fee_bps", default=0),
            currency=fields.optional_text("currency") or "CNY",
            bank_account_no=fields.optional_text("bank_account_no"),
        )
        fields.require_no_more()
        app = self.apps.register(registration)
        return {"app_id": app.app_id, "alipay_public_key_pem": app.alipay_public_key_pem}

    def _pay(self, fields: JsonFields) -> object:
        trade, at_ms = self._addressed(fields)
        trade = self.trades.pay(trade, app=self._app(trade), at_ms=at_ms)
        return _trade_shown(trade)

    def _scan(self, fields: JsonFields) -> object:
        trade, at_ms = self._addressed(fields)
        return _trade_shown(self.trades.scan(trade, at_ms=at_ms))

    def _addressed(self, fields: JsonFields) -> tuple[Trade, int]:
        app_id, out_trade_no = fields.text("app_id"), fields.text("out_trade_no")
        at_ms = fields.optional_instant_ms("at")
        fields.require_no_more()
        trade = self._trade(app_id, out_trade_no=out_trade_no)
        return trade, self.clock.now_ms() if at_ms is None else at_ms

    def _trade(self, app_id: str, *, out_trade_no: str) -> Trade:
        trade = self.trades.find(app_id=app_id, out_trade_no=out_trade_no)
        if trade is None:
            detail = f"no trade {out_trade_no} of {app_id}"
            raise RefusedError(status=409, code="unknown_trade", detail=detail)
        return trade

    def _app(self, trade: Trade) -> App:
        app = self.apps.find(trade.app_id)
        assert app is not None
        return app

    def _open_account(self, fields: JsonFields) -> object:
        account_no, holder = fields.text("account_no"), fields.text("holder")
        currency, opening_minor = fields.text("currency"), fields.integer("opening_minor")
        fields.require_no_more()
        account = self.accounts.open(
            account_no, holder=holder, currency=currency, opening_minor=opening_minor
        )
        return {"account_no": account.account_no, "currency": account.currency}

    def _effects(self, query: str) -> object:
        after = parse_qs(query).get("after", ["0"])[-1]
        if not (after.isascii() and after.isdigit()):
            raise bad_request("after is the number of an effect")
        effects = self.store.effects_after(int(after))
        return {"effects": effects, "next": effects[-1]["id"] if effects else int(after)}


def _trade_shown(trade: Trade) -> dict[str, object]:
    return {
        "app_id": trade.app_id,
        "out_trade_no": trade.out_trade_no,
        "status": trade.status.value,
        "trade_no": trade.trade_no,
        "total_amount": amount_text(trade.total_minor, currency=trade.currency),
        "currency": trade.currency,
        "created_at": iso_text(trade.created_ms),
        "expires_at": iso_text(trade.expires_ms),
        "paid_at": None if trade.paid_ms is None else iso_text(trade.paid_ms),
        "payer_path": f"/payer/{trade.token}",
    }


def _not_found(path: str) -> RefusedError:
    return RefusedError(status=404, code="not_found", detail=path)
