"""The page about the demo names every way of paying as the checkout does, and true buttons."""

import re

import pytest

from payments.checkout.devices import SCENES, Device
from payments.models import PaymentMethod
from payments.queries.methods import IN_APPS
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs" / "operations" / "demo.md").read_text(encoding="utf-8")
ROWS = {
    method: (where, label, then)
    for method, where, label, then in re.findall(
        r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE
    )
}
PRESSED = re.compile(r"[A-Z][\w' ]+(?=[,;:]| \()")


def labels_of_buttons() -> set[str]:
    """Return what the buttons of the back office say."""
    found: set[str] = set()
    for path in ROOT.glob("*/admin/*.py"):
        found |= set(re.findall(r'label = gettext_lazy\("([^"]+)"', path.read_text()))
    return found


def test_every_way_of_paying_has_its_row():
    assert sorted(ROWS) == sorted(map(str, PaymentMethod))


@pytest.mark.parametrize("method", list(PaymentMethod))
def test_a_row_says_what_the_checkout_says(method):
    # Given
    where, label, _then = ROWS[method]
    on = {str(device) for device in Device if method in SCENES[device]}

    # Then
    assert label == str(method.label)
    if method in IN_APPS:
        assert where.startswith("both, as ")
    else:
        assert where == ("both" if len(on) == len(Device) else on.pop())


def test_every_button_that_is_named_exists():
    # Given
    table = PAGE.partition("## What is there to look at")[2]
    cells = [row.rsplit("|", 2)[1] for row in table.splitlines() if row.count("|") == 4]
    named = {text.strip() for cell in cells[2:] for text in PRESSED.findall(cell)}

    # Then
    assert len(named) > 12
    assert named - labels_of_buttons() == {"Approve"}
