"""Pages of judging. Django imports this package to find them."""

from risk.admin import (  # noqa: F401  importing registers
    deed_names,
    limits,
    lists,
    networks,
    passwords,
    screenings,
)
