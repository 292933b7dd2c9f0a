"""Days of one merchant that a channel pays in together, and what they come to."""

import sqlite3
from dataclasses import dataclass, field

from payments.simulator.money import amount_text


@dataclass
class DaySum:
    """Days that are paid in together, because those before the last left nothing to pay."""

    days: list[str] = field(default_factory=list)
    trades: int = 0
    gross_minor: int = 0
    fee_minor: int = 0
    refunds: int = 0
    refunded_minor: int = 0
    fee_back_minor: int = 0
    charged_back_minor: int = 0
    sent_back_minor: int = 0

    @property
    def net_minor(self) -> int:
        """What is left to pay; zero or less waits for a better day."""
        fees_minor = self.fee_minor - self.fee_back_minor
        taken_minor = self.refunded_minor + self.charged_back_minor
        return self.gross_minor + self.sent_back_minor - fees_minor - taken_minor

    def add(self, day: sqlite3.Row) -> None:
        """Take one more day in."""
        self.days.append(day["day"])
        self.trades += day["trades"]
        self.gross_minor += day["gross_minor"]
        self.fee_minor += day["fee_minor"]
        self.refunds += day["refunds"]
        self.refunded_minor += day["refunded_minor"]
        self.fee_back_minor += day["fee_back_minor"]
        # Only cards know of chargebacks, and of refunds that a bank sends back.
        if "charged_back_minor" in day.keys():  # noqa: SIM118 - a row is no mapping.
            self.charged_back_minor += day["charged_back_minor"]
            self.sent_back_minor += day["sent_back_minor"]

    def note(self, *, currency: str) -> str:
        """Say what the amount is made of."""
        gross = amount_text(self.gross_minor, currency=currency)
        fees = amount_text(self.fee_minor, currency=currency)
        note = f"trades {self.trades}, gross {gross}, fees {fees}"
        if self.refunds:
            note += f", refunds {self.refunds}"
            note += f", refunded {amount_text(self.refunded_minor, currency=currency)}"
        if self.fee_back_minor:
            note += f", fees returned {amount_text(self.fee_back_minor, currency=currency)}"
        if self.charged_back_minor:
            note += f", charged back {amount_text(self.charged_back_minor, currency=currency)}"
        if self.sent_back_minor:
            note += f", sent back {amount_text(self.sent_back_minor, currency=currency)}"
        return note
