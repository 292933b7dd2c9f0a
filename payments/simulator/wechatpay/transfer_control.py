"""What tests and the demo tell the simulated WeChat Pay about transfers, and who is told."""

from dataclasses import dataclass

from payments.simulator.clock import VirtualClock
from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields, bad_request
from payments.simulator.store import Store
from payments.simulator.wallets import WalletBook
from payments.simulator.wechatpay.fund_rows import ACCOUNTS, wallet_of
from payments.simulator.wechatpay.messages import Messages
from payments.simulator.wechatpay.notices import Notices
from payments.simulator.wechatpay.transfer_calls import transfer_resource
from payments.simulator.wechatpay.transfers import TransferBook


@dataclass(frozen=True)
class Senders:
    """All that tells merchants of something, as one."""

    notices: Notices
    messages: Messages

    def look_again(self) -> None:
        """Notice that the clock was set."""
        self.notices.look_again()
        self.messages.look_again()

    def counts(self) -> dict[str, int]:
        """Count what is told by its state."""
        more = self.messages.counts()
        return {state: count + more.get(state, 0) for state, count in self.notices.counts().items()}


@dataclass(frozen=True)
class TransferControl:
    """The control API's part about WeChat Pay's transfers."""

    store: Store
    clock: VirtualClock
    transfers: TransferBook

    def changed(self, name: str, *, fields: JsonFields) -> object:
        """Carry an order out; Raises RefusedError if it cannot be, and then nothing is written."""
        match name:
            case "top-ups":
                return self.top_up(fields)
            case "payees":
                return self.open_payee(fields)
            case "terms":
                return self.agree(fields)
            case "confirm":
                return self.confirm(fields)
            case _:
                raise RefusedError(status=404, code="not_found", detail=f"transfers/{name}")

    def top_up(self, fields: JsonFields) -> object:
        """Give a merchant money for transfers, in fen; the same number again changes nothing.

        With `account` FEES it goes there, for fees.
        """
        mchid, number = fields.text("mchid"), fields.text("number")
        amount_minor = fields.integer("amount_minor", default=0)
        account = fields.optional_text("account") or "OPERATION"
        fields.require_no_more()
        if account not in ACCOUNTS[1:]:
            raise bad_request("account is OPERATION or FEES")
        wallet = wallet_of(mchid, account=account)
        if amount_minor < 1:
            raise bad_request("amount_minor must be 1 or more")
        wallets = WalletBook(self.store)
        if not wallets.knows(
            seller_id=wallet, kind="wechat_top_up", number=number, amount_minor=amount_minor
        ):
            wallets.move(
                "wechat_top_up",
                seller_id=wallet,
                currency="CNY",
                amount_minor=amount_minor,
                number=number,
                at_ms=self.clock.now_ms(),
            )
        return {"balance_minor": wallets.balance_minor(seller_id=wallet, currency="CNY")}

    def open_payee(self, fields: JsonFields) -> object:
        """Tell whom an openid belongs to: transfers to another name fail from now on."""
        openid, real_name = fields.text("openid"), fields.text("real_name")
        fields.require_no_more()
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO wechat_payees VALUES (?, ?)", (openid, real_name)
            )
        return {"openid": openid}

    def agree(self, fields: JsonFields) -> object:
        """Say which scenes a merchant opened (commas between), and whether its address may ask."""
        mchid, scenes = fields.text("mchid"), fields.optional_text("scenes") or ""
        is_refused = fields.flag("ip_refused")
        fields.require_no_more()
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO wechat_transfer_terms VALUES (?, ?, ?)",
                (mchid, scenes, int(not is_refused)),
            )
        return {"mchid": mchid, "scenes": scenes}

    def confirm(self, fields: JsonFields) -> object:
        """Be the payee: take the money. Raises RefusedError if it is not theirs to take."""
        mchid, out_bill_no = fields.text("mchid"), fields.text("out_bill_no")
        fields.require_no_more()
        at_ms = self.clock.now_ms()
        transfer = self.transfers.find(mchid=mchid, out_bill_no=out_bill_no, at_ms=at_ms)
        if transfer is None:
            raise RefusedError(status=409, code="unknown_transfer", detail=out_bill_no)
        return transfer_resource(self.transfers.confirm(transfer, at_ms=at_ms))
