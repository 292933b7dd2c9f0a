"""The simulator as a process: its parts put together, its arguments, its start and its end."""

import argparse
import logging
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import FrameType

from payments.simulator.alipay.apps import AppBook
from payments.simulator.alipay.bills import PATH as BILL_PATH
from payments.simulator.alipay.bills import BillMethods
from payments.simulator.alipay.books import AlipayBooks
from payments.simulator.alipay.control import AlipayControl
from payments.simulator.alipay.gateway import Gateway, Method
from payments.simulator.alipay.hold_calls import HoldMethods
from payments.simulator.alipay.hold_page import PATH as HOLD_PATH
from payments.simulator.alipay.hold_page import HoldPages
from payments.simulator.alipay.holds import HoldBook
from payments.simulator.alipay.messages import Messenger
from payments.simulator.alipay.notifier import Notifier
from payments.simulator.alipay.payer_page import PayerPages
from payments.simulator.alipay.refund_calls import RefundMethods
from payments.simulator.alipay.scenes import PHONE_PATH, SceneDoors
from payments.simulator.alipay.settlements import AlipaySettlements
from payments.simulator.alipay.trade_calls import TradeMethods
from payments.simulator.alipay.transfer_calls import TransferMethods
from payments.simulator.bank.accounts import AccountBook
from payments.simulator.bank.counter import Bank
from payments.simulator.bill_changes import BillChangeBook
from payments.simulator.clock import VirtualClock
from payments.simulator.control import CLOCK_SETTING, Control
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request, Silence, error_answer
from payments.simulator.faults import FaultBook
from payments.simulator.pages.control_page import PATH as CONTROL_PATH
from payments.simulator.pages.control_page import ControlPage
from payments.simulator.pages.front import FrontPage
from payments.simulator.payer_control import PayerControl
from payments.simulator.server import Answering, Server
from payments.simulator.store import Store
from payments.simulator.unionpay.parts import PATHS as UNIONPAY_PATHS
from payments.simulator.unionpay.parts import UnionPay
from payments.simulator.wechatpay.parts import WechatPay

DEFAULT_PORT = 8770
DEFAULT_DIR = Path("var/simulator")
_NOTIFIERS = 4
_MESSENGERS = 2


@dataclass(frozen=True)
class Options:
    """How a simulator runs; port 0 lets the system choose a free one."""

    host: str
    port: int
    directory: Path
    ladder_scale: Decimal
    public_url: str | None


class Simulator:
    """All parts of the other side, ready to answer."""

    def __init__(self, options: Options) -> None:
        """Open the memory, continue the clock, listen, and send what is still to be sent."""
        options.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.store = Store(options.directory / "simulator.sqlite3")
        self.server = Server(host=options.host, port=options.port, answering=self.answer)
        self.url = f"http://{options.host}:{self.server.port}"
        self._public_url = options.public_url or self.url
        self._parts: Mapping[str, Answering] = {}
        self._clock = VirtualClock(self.store.setting(CLOCK_SETTING))
        self._wire(ladder_scale=options.ladder_scale)

    def answer(self, request: Request) -> Answer | Silence:
        """Hand a request to the part that it is for."""
        try:
            for start, part in self._parts.items():
                if request.path.startswith(start):
                    return part(request)
        except RefusedError as refused:
            return error_answer(status=refused.status, code=refused.code, detail=refused.detail)
        return self._front.answer(request)

    def _alipay(self, request: Request) -> Answer | Silence:
        """Tell a merchant's server from a payer's browser and phone."""
        if request.path == PHONE_PATH:
            return self._scenes.phone(request)
        if request.path == BILL_PATH:
            return self._bills.answer(request)
        if self._scenes.takes(request):
            return self._scenes.browser(request)
        return self._gateway.answer(request)

    def _doors(self) -> Mapping[str, Answering]:
        """Say which part answers where; the first that fits does."""
        alipay = dict.fromkeys(("/gateway.do", PHONE_PATH, BILL_PATH), self._alipay)
        return alipay | {
            "/v3/": self._wechat.answer,
            "/wechat/": self._wechat.answer,
            **dict.fromkeys(UNIONPAY_PATHS, self._unionpay.answer),
            "/payer/": self._pages.answer,
            HOLD_PATH: self._hold_pages.answer,
            "/bank/": self._bank.answer,
            CONTROL_PATH: self._control_page.answer,
            "/control/": self._control.answer,
        }

    def _wire(self, *, ladder_scale: Decimal) -> None:
        """Make the parts, tell them of one another, and let the senders begin."""
        store, clock = self.store, self._clock
        apps, faults = AppBook(store), FaultBook(store)
        notifier = Notifier(store, clock=clock, apps=apps, faults=faults, ladder_scale=ladder_scale)
        messenger = Messenger(
            store, clock=clock, apps=apps, faults=faults, ladder_scale=ladder_scale
        )
        self._holds = HoldBook(store, announce=messenger.announce)
        books = AlipayBooks.of(store, apps=apps, notifier=notifier, messenger=messenger)
        bills = BillChangeBook(store)
        self._open_other_channels(books, faults=faults, bills=bills, ladder_scale=ladder_scale)
        alipay = AlipaySettlements(store, clock=clock, refunds=books.refunds)
        accounts = AccountBook(
            store,
            clock=clock,
            wallets=books.wallets,
            pay_ins=(alipay.book, self._wechat.settle, self._unionpay.settle),
        )
        self._gateway = Gateway(
            store, clock=clock, apps=apps, faults=faults, methods=self._methods(books)
        )
        self._open_alipay_doors(books)
        self._bank = Bank(accounts)
        self._control = Control(
            store,
            clock=clock,
            apps=apps,
            payers=PayerControl(
                clock=clock,
                apps=apps,
                trades=books.trades,
                alipay=self._alipay_control(books, accounts=accounts),
                wechat=self._wechat.control,
                unionpay=self._unionpay.control,
            ),
            faults=faults,
            bill_changes=bills,
            accounts=accounts,
            notifier=notifier,
            messenger=messenger,
        )
        self._control_page = ControlPage(self._control)
        self._parts = self._doors()
        self._begin(books, notifier=notifier, messenger=messenger)

    def _open_other_channels(
        self, books: AlipayBooks, *, faults: FaultBook, bills: BillChangeBook, ladder_scale: Decimal
    ) -> None:
        """Make the channels beside Alipay."""
        self._wechat = WechatPay(
            self.store,
            clock=self._clock,
            faults=faults,
            plans=books.plans,
            ladder_scale=ladder_scale,
            public_url=self._public_url,
        )
        self._unionpay = UnionPay(
            self.store,
            clock=self._clock,
            faults=faults,
            plans=books.plans,
            bills=bills,
            ladder_scale=ladder_scale,
            public_url=self._public_url,
        )

    def _begin(self, books: AlipayBooks, *, notifier: Notifier, messenger: Messenger) -> None:
        """Let the senders send."""
        notifier.start(workers=_NOTIFIERS)
        self._wechat.start(workers=_NOTIFIERS)
        self._unionpay.start(workers=_MESSENGERS)
        messenger.start(
            trades=books.trades,
            refunds=books.refunds,
            transfers=books.transfers,
            holds=self._holds,
            workers=_MESSENGERS,
        )

    def _alipay_control(self, books: AlipayBooks, *, accounts: AccountBook) -> AlipayControl:
        """Let tests and the demo order what happens at the simulated Alipay."""
        return AlipayControl(
            self.store,
            clock=self._clock,
            accounts=accounts,
            holds=self._holds,
            **books.by_name(),
        )

    def _open_alipay_doors(self, books: AlipayBooks) -> None:
        """Let payers come to the simulated Alipay."""
        apps, trades = books.apps, books.trades
        self._bills = self._bill_methods(books)
        self._scenes = SceneDoors(self.store, clock=self._clock, apps=apps, trades=trades)
        self._front = FrontPage(self.store, clock=self._clock)
        self._pages = PayerPages(clock=self._clock, apps=apps, trades=trades)
        self._hold_pages = HoldPages(clock=self._clock, apps=apps, holds=self._holds)

    def _bill_methods(self, books: AlipayBooks) -> BillMethods:
        """Let bills be asked for and fetched."""
        return BillMethods(
            self.store,
            clock=self._clock,
            apps=books.apps,
            refunds=books.refunds,
            changes=BillChangeBook(self.store),
        )

    def _methods(self, books: AlipayBooks) -> dict[str, Method]:
        """Name what the gateway can be asked."""
        trades, refunds = books.trades, books.refunds
        transfers = TransferMethods(books.transfers, payees=books.payees, wallets=books.wallets)
        return {
            **TradeMethods(trades, refunds=refunds, page_url=self._page_url).by_name(),
            **RefundMethods(trades, refunds=refunds).by_name(),
            **transfers.by_name(),
            **self._bill_methods(books).by_name(),
            **HoldMethods(self._holds, trades=trades, page_url=self._hold_url).by_name(),
        }

    def _page_url(self, token: str) -> str:
        """Make the address that a QR code leads to."""
        return f"{self._public_url}/payer/{token}"

    def _hold_url(self, token: str) -> str:
        """Make the address that a QR code for freezing leads to."""
        return f"{self._public_url}{HOLD_PATH}{token}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that `options_from` reads."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 chooses a free port")
    parser.add_argument(
        "--dir", type=Path, default=DEFAULT_DIR, help="folder of the simulator's SQLite file"
    )
    parser.add_argument(
        "--ladder-scale",
        type=Decimal,
        default=Decimal(1),
        help="factor on the time between notifications: 0.001 makes 4 minutes 240 ms",
    )
    parser.add_argument(
        "--public-url", default=None, help="address that QR codes name, behind a proxy"
    )


def options_from(arguments: argparse.Namespace) -> Options:
    """Read what `add_arguments` declared."""
    return Options(
        host=arguments.host,
        port=arguments.port,
        directory=arguments.dir,
        ladder_scale=arguments.ladder_scale,
        public_url=arguments.public_url,
    )


def run(options: Options) -> None:
    """Serve until SIGTERM or Ctrl-C; prints one line with the address when it is ready."""
    signal.signal(signal.SIGTERM, _leave)
    simulator = Simulator(options)
    sys.stdout.write(f"simulator ready {simulator.url}\n")
    sys.stdout.flush()
    try:
        simulator.server.serve_forever(poll_interval=3600)
    except KeyboardInterrupt:
        pass
    finally:
        simulator.server.server_close()
        simulator.store.close()


def main(argv: Sequence[str] | None = None) -> None:
    """Run the simulator from the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    add_arguments(parser)
    run(options_from(parser.parse_args(argv)))


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
