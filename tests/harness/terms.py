"""What the harness sets up, and its checker holds against what happened. Amounts are fen."""

PAYER_DAY_MINOR = 60_000
"""What a payer who is named may pay on one business day."""
ALONE_MINOR = 25_000
"""What goes back of one payment with nobody else's agreement."""
SETTLE_SECONDS = 4
"""How long an order that moves money is left to a channel that does not know it (R5)."""
