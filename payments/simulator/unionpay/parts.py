"""The simulated UnionPay as a whole: its parts put together."""

from datetime import date
from decimal import Decimal

from payments.simulator.bank.accounts import Account
from payments.simulator.bill_changes import BillChangeBook
from payments.simulator.clock import VirtualClock
from payments.simulator.exchange import Answer, Request, Silence
from payments.simulator.faults import FaultBook
from payments.simulator.plans import PlanBook
from payments.simulator.store import Store
from payments.simulator.unionpay.bills import BillDesk
from payments.simulator.unionpay.calls import CASHIER, Calls
from payments.simulator.unionpay.cashier_page import CashierPages
from payments.simulator.unionpay.chargebacks import ChargebackBook
from payments.simulator.unionpay.control import UnionPayControl
from payments.simulator.unionpay.gateway import Gateway
from payments.simulator.unionpay.merchants import MerchantBook
from payments.simulator.unionpay.notices import Notices
from payments.simulator.unionpay.returns import ReturnBook
from payments.simulator.unionpay.settlements import SettlementDesk
from payments.simulator.unionpay.transactions import TransactionBook

PATHS = ("/unionpay/", "/filedownload/")


class UnionPay:
    """Gateway, cashier, notices and what the bank must know, ready to answer."""

    def __init__(
        self,
        store: Store,
        *,
        clock: VirtualClock,
        faults: FaultBook,
        plans: PlanBook,
        bills: BillChangeBook,
        ladder_scale: Decimal,
        public_url: str,
    ) -> None:
        """Put the parts together; `start` then sends what is to be sent."""
        merchants = MerchantBook(store)
        notices = Notices(
            store, clock=clock, merchants=merchants, faults=faults, ladder_scale=ladder_scale
        )
        transactions = TransactionBook(store, announce=notices.announce)
        chargebacks, returns = ChargebackBook(store), ReturnBook(store)
        desk = BillDesk(store, clock, changes=bills, chargebacks=chargebacks, returns=returns)
        calls = Calls(transactions, plans=plans, returns=returns, bills=desk, public_url=public_url)
        self._gateway = Gateway(
            store,
            clock=clock,
            merchants=merchants,
            faults=faults,
            methods=calls.by_name(),
            front=calls.front,
        )
        self._pages = CashierPages(clock=clock, merchants=merchants, transactions=transactions)
        self._desk = SettlementDesk(
            store,
            clock=clock,
            merchants=merchants,
            transactions=transactions,
            chargebacks=chargebacks,
            returns=returns,
        )
        self.control = UnionPayControl(
            clock=clock,
            merchants=merchants,
            transactions=transactions,
            notices=notices,
            plans=plans,
            chargebacks=chargebacks,
        )

    def answer(self, request: Request) -> Answer | Silence:
        """Hand a request to the gateway or to the cashier."""
        if request.path.startswith(CASHIER):
            return self._pages.answer(request)
        return self._gateway.answer(request)

    def settle(self, account: Account, through_date: date) -> None:
        """Pay in at the bank what was paid here before a day; part of a transaction."""
        self._desk.settle(account, through_date)

    def start(self, *, workers: int) -> None:
        """Begin to send notices."""
        self.control.notices.start(workers=workers)
