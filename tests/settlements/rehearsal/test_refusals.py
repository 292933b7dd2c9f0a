"""What demo and replay refuse before anything is written or started."""

import socket

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.rig.rows import nothing_written
from tests.settlements.rehearsal.house import port_with_neighbour
from tests.settlements.rehearsal.order_files import OrderFiles

pytestmark = pytest.mark.django_db


@pytest.fixture
def var(tmp_path):
    """Name the folder that a refusal must not make."""
    return tmp_path / "var"


@pytest.fixture
def files(tmp_path):
    files = OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5"])
    return files.write(tmp_path / "files")


def assert_refused(var, *, reason, command):
    """Run a command that has to be refused with a reason, and leave nothing behind."""
    with nothing_written(), pytest.raises(CommandError, match=reason):
        call_command(*command, f"--var={var}")
    assert not var.exists()


class TestReplay:
    def test_a_live_deployment(self, var, files, settings):
        settings.SANDBOX = False

        assert_refused(var, reason="is for a sandbox", command=["replay_orders", str(files)])

    def test_a_folder_that_is_not_there(self, var, tmp_path):
        assert_refused(
            var, reason="is not a folder", command=["replay_orders", str(tmp_path / "nowhere")]
        )

    def test_a_folder_that_lacks_a_file(self, var, files):
        (files / "olist_sellers_dataset.csv").unlink()

        assert_refused(
            var,
            reason=r"olist_sellers_dataset\.csv.*Nothing was written",
            command=["replay_orders", str(files)],
        )

    def test_a_file_that_is_malformed(self, var, files):
        with (files / "olist_order_payments_dataset.csv").open("a") as payments:
            payments.write("o1,2,credit_card,1,5,50\n")

        assert_refused(
            var,
            reason=r"olist_order_payments_dataset\.csv, line 3: .*Nothing was written",
            command=["replay_orders", str(files)],
        )

    def test_files_without_an_order_that_is_paid(self, var, tmp_path):
        files = OrderFiles().order("o1", status="canceled").write(tmp_path / "files")

        assert_refused(var, reason="no order that is paid", command=["replay_orders", str(files)])

    @pytest.mark.parametrize("first", ["0", "-1", "many"])
    def test_a_number_of_payments_that_is_none(self, var, files, first):
        assert_refused(
            var,
            reason="is not a number above zero",
            command=["replay_orders", str(files), f"--first={first}"],
        )


class TestDemo:
    def test_a_live_deployment(self, var, settings):
        settings.SANDBOX = False

        assert_refused(var, reason="is for a sandbox", command=["demo"])

    @pytest.mark.parametrize("neighbour", [0, 1])
    def test_a_port_that_is_taken(self, var, monkeypatch, neighbour):
        port = port_with_neighbour()
        taken = port + neighbour
        monkeypatch.setenv("DEMO_PORT", str(port))
        with socket.socket() as other:
            other.bind(("127.0.0.1", taken))
            other.listen()

            assert_refused(var, reason=rf"Port {taken} is taken", command=["demo"])

    def test_stopping_where_nothing_runs_says_so(self, var, capsys):
        with nothing_written():
            call_command("demo", "--stop", f"--var={var}")

        assert "No demo is running." in capsys.readouterr().out
        assert not var.exists()
