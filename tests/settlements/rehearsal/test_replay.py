"""A replay as an operator runs it: cut off by kill -9, gone on with, run again, and refused."""

import json
import time

import pytest

from tests.settlements.rehearsal.house import wait_until_free
from tests.settlements.rehearsal.order_files import OrderFiles


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write payments over three months: beyond the items, short, zero, cancelled, owed."""
    files = (
        OrderFiles()
        .order("m1a", items=[("ana", "100.00", "10")], paid=["110"], at="2017-03-01 10:00:00")
        .order(
            "m1b",
            items=[("ana", "40", "2.5"), ("bia", "60", "0.5")],
            paid=["50", "53"],
            at="2017-03-02 09:30:00",
        )
        .order("m1c", items=[("bia", "20", "1")], paid=["21.26"], at="2017-03-03 23:30:00")
        .order(
            "m2a",
            items=[("caio", "300", "0")],
            paid=["100", "100", "99.84"],
            at="2017-03-20 12:00:00",
        )
        .order("m2b", items=[("ana", "15", "5")], paid=["0.0", "20"], at="2017-03-31 08:00:00")
        .order("m3a", items=[("bia", "80", "8")], paid=["88"], at="2017-04-20 08:00:00")
        .order("m3b", items=[("caio", "70", "7")], paid=["77"], at="2017-04-21 08:00:00")
        .order(
            "m3c",
            items=[("ana", "9", "0.99")],
            paid=["9.99"],
            status="shipped",
            at="2017-04-22 08:00:00",
        )
        .order(
            "m3d",
            items=[("ana", "9", "0")],
            paid=["9"],
            status="canceled",
            kind="boleto",
            at="2017-03-03 12:00:00",
        )
        .order("m3f", paid=["12.5"], status="unavailable", at="2017-04-23 09:00:00")
        .order("m3g", items=[("bia", "4", "0")], paid=["4"], status="created")
        .order("m3e", items=[("bia", "5", "0")], paid=["5"], at="2017-04-23 08:00:00")
    )
    return files.write(tmp_path_factory.mktemp("orders") / "files")


@pytest.fixture(scope="module")
def undisturbed(make_house, files, tmp_path_factory):
    """Replay the files once, without trouble."""
    var = tmp_path_factory.mktemp("undisturbed")
    house = make_house()
    run = house.manage(
        "replay_orders", str(files), "--var", str(var), "--report", str(var / "report.json")
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return house, var, run


def report_of(var):
    return json.loads((var / "report.json").read_text())


def whatever_the_day(var):
    """Leave out what depends on the day on which a refund reached the channel.

    A channel takes a refund from that day's money. Both sides of these rows agree on every run,
    but not from run to run: the clock moves on while workers work.
    """
    figures = report_of(var)
    for name in (
        "channels still owe us, as they say (1101), BRL",
        "bank's statement = bank (1001), BRL",
    ):
        figures.pop(name)
    return figures


def test_every_figure_agrees_and_is_known(undisturbed):
    # Given
    _house, var, run = undisturbed

    # Then
    figures = report_of(var)
    assert all(expected == found for expected, found in figures.values())
    assert {
        name: figures[name][1]
        for name in (
            "payments paid",
            "payments only owed",
            "paid, BRL",
            "allocations",
            "allocated, BRL",
            "unallocated, BRL",
            "paid by WeChat Pay QR code, BRL",
            "payments refunded",
            "refunded, BRL",
            "suspense of nobody (2901), BRL",
            "laws of the books broken",
        )
    } == {
        "payments paid": "14",
        "payments only owed": "1",
        "paid, BRL": "755.59",
        "allocations": "14",
        "allocated, BRL": "742.83",
        "unallocated, BRL": "12.76",
        "paid by WeChat Pay QR code, BRL": "9.00",
        "payments refunded": "2",
        "refunded, BRL": "21.50",
        "suspense of nobody (2901), BRL": "0.26",
        "laws of the books broken": "0",
    }
    assert "✗" not in run.stdout


def test_what_explains_the_figures_is_listed_and_what_it_cost_shown(undisturbed):
    # Given
    _house, var, run = undisturbed

    # Then
    assert "Orders: 12, by status:\n       8  delivered\n" in run.stdout
    assert "  olist-m1c-1  0.26" in run.stdout
    assert "  m2a  0.16" in run.stdout
    assert "  olist-m2b-1  a payment of zero" in run.stdout
    assert "       1  boleto → wechat_native" in run.stdout
    assert "orders/s" in run.stdout
    assert "peak memory: " in run.stdout
    assert not any("memory" in name or "orders/s" in name for name in report_of(var))


def test_a_second_run_shows_the_same_and_changes_nothing(undisturbed, files):
    # Given
    house, var, _run = undisturbed
    before, figures = house.row_counts(), report_of(var)

    # When
    again = house.manage(
        "replay_orders", str(files), "--var", str(var), "--report", str(var / "report.json")
    )

    # Then
    assert again.returncode == 0, again.stderr
    assert report_of(var) == figures
    assert house.row_counts() == before


def test_a_replay_that_was_killed_goes_on_and_comes_to_the_same(
    undisturbed, make_house, files, tmp_path
):
    # Given
    house = make_house()
    arguments = ["replay_orders", str(files), "--var", str(tmp_path)]
    running = house.start(*arguments)
    paid = "SELECT count(*) FROM payments_payment WHERE status = 'paid'"
    deadline = time.monotonic() + 60
    while house.ask(paid)[0][0] < 3:
        assert running.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)

    # When
    running.kill()
    running.wait()

    # Then
    assert house.ask(paid)[0][0] < 14, "it was killed too late to prove anything"
    ports = json.loads((tmp_path / "state.json").read_text())["ports"]
    assert wait_until_free(ports), "the processes that it started outlived it"

    # When
    resumed = house.manage(*arguments, "--report", str(tmp_path / "report.json"))

    # Then
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert whatever_the_day(tmp_path) == whatever_the_day(undisturbed[1])
