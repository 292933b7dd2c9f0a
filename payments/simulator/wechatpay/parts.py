"""The simulated WeChat Pay as a whole: its parts put together."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from payments.simulator.bank.accounts import Account
from payments.simulator.bill_changes import BillChangeBook
from payments.simulator.clock import VirtualClock
from payments.simulator.exchange import Answer, Request, Silence
from payments.simulator.faults import FaultBook
from payments.simulator.plans import PlanBook
from payments.simulator.store import Store
from payments.simulator.wechatpay.abnormal_refunds import AbnormalMethods
from payments.simulator.wechatpay.bills import BillMethods
from payments.simulator.wechatpay.certificates import platform_certificates
from payments.simulator.wechatpay.control import WechatControl
from payments.simulator.wechatpay.coupons import CouponBook
from payments.simulator.wechatpay.gateway import Gateway, Method
from payments.simulator.wechatpay.merchants import MerchantBook
from payments.simulator.wechatpay.messages import Messages
from payments.simulator.wechatpay.notices import Notices
from payments.simulator.wechatpay.orders import OrderMethods
from payments.simulator.wechatpay.payee_page import CONFIRM, PayeePages
from payments.simulator.wechatpay.payee_page import PATH as PAYEE_PATH
from payments.simulator.wechatpay.payer_page import PATH, WechatPayerPages
from payments.simulator.wechatpay.refund_calls import RefundMethods
from payments.simulator.wechatpay.refunds import RefundBook
from payments.simulator.wechatpay.scene_pages import ScenePages, h5_target
from payments.simulator.wechatpay.security import SecurityMethods
from payments.simulator.wechatpay.settlements import SettlementDesk
from payments.simulator.wechatpay.trades import TradeBook
from payments.simulator.wechatpay.transfer_calls import TransferMethods
from payments.simulator.wechatpay.transfer_control import Senders, TransferControl


@dataclass(frozen=True)
class _Books:
    """What the simulated WeChat Pay remembers, each part by its own book."""

    store: Store
    merchants: MerchantBook
    trades: TradeBook
    refunds: RefundBook
    plans: PlanBook
    coupons: CouponBook
    messages: Messages

    def methods(self, *, public_url: str) -> dict[str, Method]:
        """Name what the gateway can be asked; pages are at the public address."""
        trades, refunds, plans = self.trades, self.refunds, self.plans
        orders = OrderMethods(
            trades,
            refunds=refunds,
            page_url=lambda token: f"{public_url}{PATH}{token}",
            h5_url=lambda token, at_ms: f"{public_url}{h5_target(token, at_ms=at_ms)}",
            coupons=self.coupons,
        )
        bills = BillMethods(
            self.store,
            trades=trades,
            refunds=refunds,
            transfers=self.messages.transfers,
            changes=BillChangeBook(self.store),
        )
        return {
            **orders.by_name(),
            **RefundMethods(trades, refunds=refunds, plans=plans).by_name(),
            **AbnormalMethods(trades, refunds=refunds, plans=plans).by_name(),
            **TransferMethods(self.store, self.messages.transfers, plans=plans).by_name(),
            **SecurityMethods(self.messages).by_name(),
            **bills.by_name(),
            "wechat.certificates": platform_certificates,
        }


class WechatPay:
    """Gateway, payer's pages, notices and what the bank must know, ready to answer."""

    def __init__(
        self,
        store: Store,
        *,
        clock: VirtualClock,
        faults: FaultBook,
        plans: PlanBook,
        ladder_scale: Decimal,
        public_url: str,
    ) -> None:
        """Put the parts together; `start` then sends what is to be sent."""
        merchants = MerchantBook(store)
        self._notices = Notices(
            store, clock=clock, merchants=merchants, faults=faults, ladder_scale=ladder_scale
        )
        self._messages = Messages(
            store, clock=clock, merchants=merchants, faults=faults, ladder_scale=ladder_scale
        )
        trades = TradeBook(store, announce=self._notices.announce)
        refunds = RefundBook(store, announce=self._notices.announce)
        coupons = CouponBook(store)
        self._books = _Books(store, merchants, trades, refunds, plans, coupons, self._messages)
        self._gateway = Gateway(
            store,
            clock=clock,
            merchants=merchants,
            faults=faults,
            methods=self._books.methods(public_url=public_url),
        )
        self._pages = WechatPayerPages(clock=clock, merchants=merchants, trades=trades)
        self._scenes = ScenePages(clock=clock, merchants=merchants, trades=trades)
        self._payees = PayeePages(clock=clock, transfers=self._messages.transfers)
        self._desk = SettlementDesk(
            store, clock=clock, merchants=merchants, trades=trades, refunds=refunds
        )
        self.control = WechatControl(
            merchants=merchants,
            trades=trades,
            notices=Senders(self._notices, messages=self._messages),
            plans=plans,
            coupons=coupons,
            refunds=refunds,
            transfers=TransferControl(store, clock=clock, transfers=self._messages.transfers),
        )

    def answer(self, request: Request) -> Answer | Silence:
        """Hand a request to the gateway or to the payer's pages."""
        if request.path.startswith(PATH):
            return self._pages.answer(request)
        if request.path == CONFIRM or request.path.startswith(PAYEE_PATH):
            return self._payees.answer(request)
        if request.path.startswith("/wechat/"):
            return self._scenes.answer(request)
        return self._gateway.answer(request)

    def settle(self, account: Account, through_date: date) -> None:
        """Pay in at the bank what was paid here before a day; part of a transaction."""
        self._desk.settle(account, through_date=through_date)

    def start(self, *, workers: int) -> None:
        """Begin to send notices."""
        self._notices.start(workers=workers)
        self._messages.start(workers=1)
