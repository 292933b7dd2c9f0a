"""The file of a day at the simulated UnionPay."""

from datetime import UTC, datetime, timedelta

from tests.payments.simulator.unionpay.wire import UnionPayShop
from tests.payments.simulator.wire import StartSimulator

START = datetime(2030, 1, 5, 2, tzinfo=UTC)


def test_a_file_can_be_ordered_to_differ(start_simulator: StartSimulator) -> None:
    # Given
    clocked = UnionPayShop(start_simulator())
    clocked.simulator.post("/control/clock", now=START.isoformat())
    clocked.register()
    query_ids = [clocked.sell(f"order000{place}") for place in range(1, 5)]
    clocked.refund("refund01", query_ids[3], 80)
    order = {"channel": "unionpay", "owner": clocked.mer_id, "day": "2030-01-05"}
    for change in (
        {"kind": "missing", "number": "order0001"},
        {"kind": "amount", "number": "order0002", "amount_minor": 8_881},
        {"kind": "fee", "number": "order0003", "fee_minor": 60},
        {"kind": "status", "number": "refund01", "status": "31"},
        {"kind": "extra", "number": "order0009", "amount_minor": 100, "status": "01"},
    ):
        assert clocked.simulator.post("/control/bills", **order, **change).status_code == 200

    # When
    clocked.simulator.post("/control/clock", now=(START + timedelta(days=1)).isoformat())
    ((name, lines),) = clocked.file("0105").items()

    # Then
    assert name == f"INN30010588ZM_{clocked.mer_id}"
    widths = (3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2)
    starts = [sum(widths[:place]) + place for place in range(len(widths))]
    told = [
        tuple(line[starts[at] : starts[at] + widths[at]].strip() for at in (0, 11, 6, 15, 19))
        for line in lines
    ]
    assert told == [
        ("S22", "order0002", "000000008881", "D000000000053", "01"),
        ("S22", "order0003", "000000008880", "D000000000060", "01"),
        ("S22", "order0004", "000000008880", "D000000000053", "01"),
        ("S32", "refund01", "000000000080", "C000000000000", "31"),
        ("S22", "order0009", "000000000100", "D000000000000", "01"),
    ]
