"""Pages of judging. Django imports this package to find them."""

from risk.admin import limits, lists, networks, screenings  # noqa: F401  importing registers
