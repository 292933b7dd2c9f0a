"""What the simulated Alipay remembers, each part by its own book."""

from dataclasses import dataclass, fields
from typing import Any

from payments.simulator.alipay.apps import AppBook
from payments.simulator.alipay.messages import Messenger
from payments.simulator.alipay.notifier import Notifier
from payments.simulator.alipay.payees import PayeeBook
from payments.simulator.alipay.refunds import RefundBook
from payments.simulator.alipay.trades import TradeBook
from payments.simulator.alipay.transfers import TransferBook
from payments.simulator.plans import PlanBook
from payments.simulator.store import Store
from payments.simulator.wallets import WalletBook


@dataclass(frozen=True)
class AlipayBooks:
    """What the simulated Alipay remembers, each part by its own book."""

    apps: AppBook
    trades: TradeBook
    plans: PlanBook
    wallets: WalletBook
    payees: PayeeBook
    refunds: RefundBook
    transfers: TransferBook

    @classmethod
    def of(
        cls, store: Store, *, apps: AppBook, notifier: Notifier, messenger: Messenger
    ) -> "AlipayBooks":
        """Open the books on one store; what happens in them is announced to the senders."""
        plans, wallets = PlanBook(store), WalletBook(store)
        return cls(
            apps=apps,
            trades=TradeBook(store, announce=notifier.announce),
            plans=plans,
            wallets=wallets,
            payees=PayeeBook(store),
            refunds=RefundBook(store, plans=plans, announce=messenger.announce),
            transfers=TransferBook(
                store, apps=apps, plans=plans, wallets=wallets, announce=messenger.announce
            ),
        )

    def by_name(self) -> dict[str, Any]:
        """Return the books by their names, for whoever wants them all."""
        return {part.name: getattr(self, part.name) for part in fields(self)}
