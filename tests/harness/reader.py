"""What may be asked at any moment, while everything breaks, of the database alone.

I1, I5, I6, and I7 with what is pending.
"""

import threading
import time
from dataclasses import dataclass, field

import psycopg

from tests.harness.terms import PAYER_DAY_MINOR

LAWS = {
    "I1 an entry does not balance": """
        SELECT entry_id FROM ledger_posting WHERE entry_id IN (
          SELECT id FROM ledger_journalentry WHERE recorded_at > now() - interval '20 seconds')
        GROUP BY entry_id, currency
        HAVING sum(CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END) <> 0""",
    "I5 the balances do not add up": """
        SELECT a.currency FROM ledger_accountbalance b JOIN ledger_account a ON a.id = b.account_id
        GROUP BY a.currency
        HAVING sum(CASE a.normal_side WHEN 'D' THEN b.balance_minor ELSE -b.balance_minor END) <> 0
    """,
    "I5 a balance is below its floor": """
        SELECT account_id FROM ledger_accountbalance b JOIN ledger_account a ON a.id = b.account_id
        WHERE a.is_floored AND b.balance_minor < 0""",
    "I6 more is refunded than was paid": """
        SELECT p.id FROM payments_payment p JOIN payments_refund r ON r.payment_id = p.id
        WHERE r.status NOT IN ('failed', 'rejected', 'cancelled')
        GROUP BY p.id HAVING sum(r.amount_minor) > p.amount_minor""",
    "I7 a payer has more under way than they may": f"""
        SELECT subject_id FROM risk_limitcounter
        WHERE deed = 'payment' AND subject_id <> 'platform' AND used_minor > {PAYER_DAY_MINOR}
    """,  # noqa: S608  a number of ours
}


@dataclass
class Reader:
    """Asks again and again in a thread of its own; `broken` is what it found."""

    url: str
    seconds: float = 3
    rounds: int = 0
    broken: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to ask."""
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self.seconds):
            try:
                self.ask()
            except psycopg.OperationalError:
                time.sleep(0.5)  # it restarts

    def ask(self) -> None:
        """Ask each law once, directly and in one snapshot."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            for law, query in LAWS.items():
                for (subject,) in connection.execute(query).fetchall():
                    self.broken.append(f"{law}: {subject}")
        self.rounds += 1
