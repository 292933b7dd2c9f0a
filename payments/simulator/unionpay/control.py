"""What tests, the demo and the replay tell the simulated UnionPay."""

from dataclasses import dataclass

from payments.simulator.clock import VirtualClock, iso_text
from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields
from payments.simulator.money import amount_text
from payments.simulator.plans import PlanBook, plan_from
from payments.simulator.unionpay.calls import CASHIER
from payments.simulator.unionpay.chargebacks import ChargebackBook
from payments.simulator.unionpay.merchants import CURRENCY, Merchant, MerchantBook, Registration
from payments.simulator.unionpay.notices import Notices
from payments.simulator.unionpay.transactions import FRONT_TYPES, Transaction, TransactionBook

_CARD_TAIL = "4242"


@dataclass(frozen=True)
class UnionPayControl:
    """The control API's part about UnionPay; merchants go by their merId."""

    clock: VirtualClock
    merchants: MerchantBook
    transactions: TransactionBook
    notices: Notices
    plans: PlanBook
    chargebacks: ChargebackBook

    def changed(self, name: str, *, fields: JsonFields) -> object:
        """Carry an order out; Raises RefusedError if it cannot be, and then nothing is written."""
        match name:
            case "merchants":
                return self._register(fields)
            case "chargebacks":
                return self._charge_back(fields)
            case "plans":
                return self.plans.order(plan_from(fields)).shown()
            case _:
                raise RefusedError(status=404, code="not_found", detail=name)

    def find(self, owner: str, *, out_trade_no: str) -> Transaction | None:
        """Look up what a payer pays, as it was when somebody last looked."""
        found = self.transactions.find(mer_id=owner, order_id=out_trade_no)
        return found if found is not None and found.txn_type in FRONT_TYPES else None

    def trade_as_of(self, found: Transaction, *, at_ms: int) -> object:
        """Describe it as it is at an instant."""
        merchant = self._merchant(found)
        return _shown(self.transactions.as_of(found, merchant=merchant, at_ms=at_ms))

    def pay(self, found: Transaction, *, at_ms: int) -> object:
        """Be the payer. Raises RefusedError if its time is over."""
        return _shown(
            self.transactions.pay(
                found, merchant=self._merchant(found), card_tail=_CARD_TAIL, at_ms=at_ms
            )
        )

    def _charge_back(self, fields: JsonFields) -> object:
        """Let a bank take a payment back, now or later."""
        mer_id, order_id = fields.text("mer_id"), fields.text("order_id")
        amount_minor = fields.integer("amount_minor", default=0)
        reason, at_ms = fields.optional_text("reason") or "", fields.optional_instant_ms("at")
        fields.require_no_more()
        found = self.transactions.find(mer_id=mer_id, order_id=order_id)
        if found is None:
            detail = f"no payment {order_id} of {mer_id}"
            raise RefusedError(status=409, code="unknown_trade", detail=detail)
        return self.chargebacks.order(
            found,
            amount_minor=amount_minor or None,
            reason=reason,
            at_ms=self.clock.now_ms() if at_ms is None else at_ms,
        )

    def _merchant(self, found: Transaction) -> Merchant:
        merchant = self.merchants.find(found.mer_id)
        assert merchant is not None
        return merchant

    def _register(self, fields: JsonFields) -> object:
        registration = Registration(
            mer_id=fields.text("mer_id"),
            cert_id=fields.text("cert_id"),
            public_key_pem=fields.text("public_key_pem"),
            fee_bps=fields.integer("fee_bps", default=0),
            returns_fee=fields.flag("returns_fee"),
            bank_account_no=fields.optional_text("bank_account_no"),
        )
        fields.require_no_more()
        merchant = self.merchants.register(registration)
        return {
            "mer_id": merchant.mer_id,
            "authorities_pem": self.merchants.seal.authorities_pem,
        }


def _shown(found: Transaction) -> dict[str, object]:
    """Describe it to people, as the control API does the trades of other channels."""
    return {
        "app_id": found.mer_id,
        "out_trade_no": found.order_id,
        "status": found.status.value,
        "trade_no": found.query_id,
        "total_amount": amount_text(found.amount_minor, currency=CURRENCY),
        "currency": CURRENCY,
        "created_at": iso_text(found.created_ms),
        "expires_at": iso_text(found.ends_ms),
        "paid_at": None if found.done_ms is None else iso_text(found.done_ms),
        "payer_path": f"{CASHIER}{found.token}",
    }
