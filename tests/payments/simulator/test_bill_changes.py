"""Bills that differ from what happened: what can be ordered, and what a bill then says."""

from datetime import date
from pathlib import Path

import pytest

from payments.simulator.bill_changes import (
    BillChangeBook,
    BillLine,
    LineAbout,
    bill_change_from,
)
from payments.simulator.json_fields import JsonFields
from payments.simulator.store import Store
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator

DAY = date(2026, 3, 1)
CUPS = BillLine(LineAbout.PAYMENT, "cups", 8_880, 53, "SUCCESS", {"subject": "cups"})
SAUCERS = BillLine(LineAbout.PAYMENT, "saucers", 1_000, 6, "SUCCESS")
CUPS_BACK = BillLine(LineAbout.REFUND, "cups", 8_880, 53, "REFUND")
LINES = [CUPS, SAUCERS, CUPS_BACK]


@pytest.fixture
def book(tmp_path: Path) -> BillChangeBook:
    return BillChangeBook(Store(tmp_path / "simulator.sqlite3"))


def order(book: BillChangeBook, body: str) -> None:
    fields = '"channel": "alipay", "owner": "app", "day": "2026-03-01", '
    book.order(bill_change_from(JsonFields(f"{{{fields}{body}}}".encode())))


def billed(book: BillChangeBook, *, owner: str = "app", day: date = DAY) -> list[BillLine]:
    return book.applied(LINES, channel="alipay", owner=owner, day=day)


class TestApplied:
    def test_without_an_order_the_bill_tells_what_happened(self, book: BillChangeBook) -> None:
        assert billed(book) == LINES

    def test_a_line_is_missing(self, book: BillChangeBook) -> None:
        # When
        order(book, '"kind": "missing", "number": "saucers"')

        # Then
        assert billed(book) == [CUPS, CUPS_BACK]

    def test_only_the_refund_under_a_number_is_missing(self, book: BillChangeBook) -> None:
        # When
        order(book, '"kind": "missing", "number": "cups", "about": "refund"')

        # Then
        assert billed(book) == [CUPS, SAUCERS]

    def test_there_is_a_line_too_many(self, book: BillChangeBook) -> None:
        # When
        order(
            book,
            '"kind": "extra", "number": "ghost", "amount_minor": 5, "fee_minor": 1,'
            ' "status": "SUCCESS"',
        )

        # Then
        ghost = BillLine(LineAbout.PAYMENT, "ghost", 5, 1, "SUCCESS")
        assert billed(book) == [*LINES, ghost]

    def test_an_amount_a_fee_and_a_status_differ(self, book: BillChangeBook) -> None:
        # When
        order(book, '"kind": "amount", "number": "saucers", "amount_minor": 1001')
        order(book, '"kind": "fee", "number": "saucers", "fee_minor": 7')
        order(book, '"kind": "status", "number": "saucers", "status": "REVOKED"')

        # Then
        changed = BillLine(LineAbout.PAYMENT, "saucers", 1_001, 7, "REVOKED")
        assert billed(book) == [CUPS, changed, CUPS_BACK]

    def test_counts_for_its_owner_and_day_alone_and_each_time(self, book: BillChangeBook) -> None:
        # When
        order(book, '"kind": "missing", "number": "saucers"')

        # Then
        assert billed(book, owner="other") == LINES
        assert billed(book, day=date(2026, 3, 2)) == LINES
        assert billed(book) == billed(book) == [CUPS, CUPS_BACK]


class TestControl:
    def order(self, simulator: SimulatorProcess, **changes: object) -> tuple[int, object]:
        fields = {
            "channel": "alipay",
            "owner": "app",
            "day": "2026-03-01",
            "kind": "amount",
            "number": "cups",
            "amount_minor": 8_881,
        }
        kept = {name: value for name, value in (fields | changes).items() if value is not None}
        response = simulator.post("/control/bills", **kept)
        return response.status_code, response.json().get("error")

    def test_changes_are_kept_listed_and_forgotten(self, start_simulator: StartSimulator) -> None:
        # Given
        simulator = start_simulator()
        assert self.order(simulator) == (200, None)
        simulator.stop()
        simulator.start()

        # Then
        (change,) = simulator.get("/control/bills").json()["changes"]
        assert (change["number"], change["amount_minor"]) == ("cups", 8_881)
        assert simulator.send("DELETE", "/control/bills").json() == {"forgotten": 1}
        assert simulator.get("/control/bills").json() == {"changes": []}

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"kind": "torn"}, "unknown_change"),
            ({"number": None}, "bad_request"),
            ({"day": "yesterday"}, "bad_request"),
            ({"about": "transfer"}, "bad_request"),
            ({"amount_minor": None}, "bad_request"),
            ({"kind": "extra", "amount_minor": 0}, "bad_request"),
            ({"kind": "fee", "fee_minor": -1}, "bad_request"),
            ({"kind": "status"}, "bad_request"),
            ({"amont": 1}, "bad_request"),
        ],
    )
    def test_refuses_an_order_that_says_nothing(
        self, simulator: SimulatorProcess, changes: dict[str, object], error: str
    ) -> None:
        # Given
        before = simulator.get("/control/bills").json()

        # Then
        assert self.order(simulator, **changes) == (400, error)
        assert simulator.get("/control/bills").json() == before
