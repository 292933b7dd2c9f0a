"""Pages that say in part what the code says, between markers such as `<!-- generated: states -->`.

`python -m docs` writes these parts; `python -m docs --check` says which are out of date.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.utils import translation

from docs import bookings, states
from docs.chains import order_to_payout
from docs.chains.telling import told

DOCS = Path(__file__).resolve().parent
PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "states.md": {"states": states.as_page},
    "recipes/from-order-to-payout.md": {
        "bookings": order_to_payout.booked,
        "balances": order_to_payout.balances,
        "otherwise": order_to_payout.booked_otherwise,
    },
    "recipes/bookings.md": {"bookings": bookings.as_table},
}
for _chain in bookings.chains():
    PARTS.setdefault(f"recipes/{_chain.page}", {})[_chain.name] = partial(told, _chain)


def current(page: str) -> str:
    """Return a page as it should be: its own words, and the code's between their markers."""
    text = (DOCS / page).read_text()
    with translation.override("en"):
        for name, part in PARTS[page].items():
            start, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
            pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
            written = f"{start}\n\n{part().strip()}\n\n{end}"
            text, count = pattern.subn(written.replace("\\", r"\\"), text)
            if count != 1:
                raise LookupError(f"docs/{page} has not one place for {name}")
    return text


def stale_pages() -> list[str]:
    """Return the pages that say something else than the code."""
    return [page for page in PARTS if current(page) != (DOCS / page).read_text()]


def write(page: str) -> None:
    """Bring a page up to date."""
    (DOCS / page).write_text(current(page))
