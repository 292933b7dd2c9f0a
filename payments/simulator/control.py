"""The control API: what tests, the demo and the replay tell the simulator, from this machine."""

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qs, unquote

from payments.simulator.alipay.apps import AppBook, Registration
from payments.simulator.alipay.messages import Messenger
from payments.simulator.alipay.notifier import Notifier
from payments.simulator.bank.accounts import AccountBook
from payments.simulator.bill_changes import BillChangeBook, bill_change_from
from payments.simulator.clock import ClockBackwardsError, VirtualClock
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request, json_answer
from payments.simulator.faults import FaultBook
from payments.simulator.json_fields import JsonFields, bad_request
from payments.simulator.key_control import KeyControl, keys_shown
from payments.simulator.owed import owed_minor
from payments.simulator.payer_control import PayerControl
from payments.simulator.scripts import run_script
from payments.simulator.store import Store

CLOCK_SETTING = "clock"


@dataclass(frozen=True)
class Control:
    """Everything under `/control/`."""

    store: Store
    clock: VirtualClock
    apps: AppBook
    payers: PayerControl
    faults: FaultBook
    bill_changes: BillChangeBook
    accounts: AccountBook
    notifier: Notifier
    messenger: Messenger

    def answer(self, request: Request) -> Answer:
        """Serve one request of this machine; Raises RefusedError for all others."""
        # A web page in a browser of this machine is not meant, and browsers name their origin.
        if not request.is_local or "origin" in request.headers:
            raise RefusedError(status=403, code="not_local", detail="only from this machine")
        if request.method == "GET":
            return json_answer(self._shown(request))
        if request.method == "DELETE" and request.path in ("/control/faults", "/control/bills"):
            return json_answer(self._forget(request.path.removeprefix("/control/")))
        if request.method == "POST" and request.path == "/control/script":
            return json_answer(run_script(request.body, ordering=self.changed))
        if request.method == "POST":
            return json_answer(self.changed(request.path, JsonFields(request.body)))
        raise RefusedError(status=405, code="wrong_method", detail=request.method)

    def _shown(self, request: Request) -> object:
        match [unquote(part) for part in request.path.split("/")[2:]]:
            case ["clock"]:
                return self.clock.shown()
            case ["trades", app_id, out_trade_no]:
                return self.payers.trade_as_of_now(app_id, out_trade_no=out_trade_no)
            case ["faults" | "bills" as what]:
                return self._waiting(what)
            case ["keys", channel, owner]:
                return self._keys.shown(channel, owner=owner)
            case ["notifications"]:
                return self._notification_counts()
            case ["effects"]:
                return self._effects(request.query)
            case ["bank", "owed", account_no]:
                return {"owed_minor": owed_minor(self.accounts.store, account_no)}
            case ["alipay", *parts]:
                return self.payers.alipay.shown(parts)
            case _:
                raise _not_found(request.path)

    def _waiting(self, what: str) -> object:
        if what == "faults":
            return {"faults": [fault.shown() for fault in self.faults.waiting()]}
        return {"changes": [change.shown() for change in self.bill_changes.waiting()]}

    def changed(self, path: str, fields: JsonFields) -> object:
        """Carry one order out; Raises RefusedError if it cannot be, and then nothing is written."""
        match path.removeprefix("/control/"):
            case "clock":
                return self._set_clock(fields)
            case "apps":
                return self._register(fields)
            case "pay" | "scan" as act:
                return self.payers.pay(fields) if act == "pay" else self.payers.scan(fields)
            case "faults" | "faults/seed" as name:
                return self.faults.changed(name, fields)
            case "bills":
                return self.bill_changes.order(bill_change_from(fields)).shown()
            case "rotate":
                return self._keys.rotate(fields)
            case "forget":
                what = fields.text("what")
                fields.require_no_more()
                return self._forget(what)
            case name if name.startswith(("bank/", "alipay/", "wechat/", "unionpay/")):
                return self._channel_changed(name, fields=fields)
            case _:
                raise _not_found(path)

    @property
    def _keys(self) -> KeyControl:
        return KeyControl(
            clock=self.clock,
            apps=self.apps,
            wechat=self.payers.wechat.merchants,
            unionpay=self.payers.unionpay.merchants,
        )

    def _forget(self, what: str) -> object:
        """Drop what was ordered and has not counted: faults with the plans, or changes of bills."""
        match what:
            case "faults":
                return {
                    "forgotten": self.faults.forget_all() + self.payers.alipay.plans.forget_all()
                }
            case "bills":
                return {"forgotten": self.bill_changes.forget_all()}
            case _:
                raise bad_request("what is faults or bills")

    def _channel_changed(self, name: str, *, fields: JsonFields) -> object:
        channel, _, rest = name.partition("/")
        match channel:
            case "bank":
                return self._bank_changed(name, fields=fields)
            case "alipay":
                return self.payers.alipay.changed(rest, fields=fields)
            case "wechat":
                return self.payers.wechat.changed(rest, fields=fields)
            case _:
                return self.payers.unionpay.changed(rest, fields=fields)

    def _bank_changed(self, name: str, *, fields: JsonFields) -> object:
        match name:
            case "bank/accounts":
                return self._open_account(fields)
            case "bank/closed-accounts":
                account_no = fields.text("account_no")
                fields.require_no_more()
                self.accounts.close_beneficiary(account_no)
                return {"account_no": account_no, "status": "closed"}
            case _:
                raise _not_found(f"/control/{name}")

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
        self.payers.wechat.notices.look_again()
        self.payers.unionpay.notices.look_again()
        self.messenger.look_again()
        return self.clock.shown()

    def _register(self, fields: JsonFields) -> object:
        registration = Registration(
            app_id=fields.text("app_id"),
            public_key_pem=fields.text("public_key_pem"),
            seller_id=fields.text("seller_id"),
            fee_bps=fields.integer("fee_bps", default=0),
            currency=fields.optional_text("currency") or "CNY",
            bank_account_no=fields.optional_text("bank_account_no"),
            in_certificate_mode=fields.flag("certificate_mode"),
            message_url=fields.optional_text("message_url") or "",
            returns_fee=fields.flag("returns_fee"),
        )
        fields.require_no_more()
        return keys_shown(self.apps.register(registration))

    def _notification_counts(self) -> dict[str, int]:
        """Count by state what all senders have to tell."""
        counts = self.notifier.counts()
        others = (self.messenger, self.payers.wechat.notices, self.payers.unionpay.notices)
        for more in (sender.counts() for sender in others):
            counts = {state: count + more.get(state, 0) for state, count in counts.items()}
        return counts

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


def _not_found(path: str) -> RefusedError:
    return RefusedError(status=404, code="not_found", detail=path)
