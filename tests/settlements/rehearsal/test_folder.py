"""A rehearsal's folder: one process at a time, one database for good."""

from zoneinfo import ZoneInfo

import pytest
from django.core.management.base import CommandError

from settlements.rehearsal.folder import Folder
from settlements.rehearsal.olist import Orders, read_orders
from settlements.rehearsal.replay import PLAN, Replay
from tests.factories.payments import AlipayAccountFactory, BankAccountFactory
from tests.settlements.rehearsal.order_files import OrderFiles

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "replay")


@pytest.fixture
def sold(tmp_path):
    """Read one order that is paid."""
    files = OrderFiles().order("o1", items=[("ana", "5", "0")], paid=["5"])
    return read_orders(files.write(tmp_path / "files"), zone=ZoneInfo("Asia/Shanghai"))


def test_is_kept_for_one_process_alone(folder):
    with folder.held(app_id=PLAN.app_id):
        assert folder.is_held()
        with (
            pytest.raises(CommandError, match="Another process is at work"),
            folder.held(app_id=PLAN.app_id),
        ):
            pass

    assert not folder.is_held()


def test_one_that_nobody_ever_held_is_free(folder):
    assert not folder.is_held()


def test_goes_on_in_the_database_in_which_it_was_begun(folder):
    # Given
    with folder.held(app_id=PLAN.app_id):
        AlipayAccountFactory(app_id=PLAN.app_id)
        folder.keep(closed_through="2017-04-05")

    # When
    with folder.held(app_id=PLAN.app_id):
        state = folder.read()

    # Then
    assert state["closed_through"] == "2017-04-05"


def test_one_of_another_database_is_refused(folder):
    # Given
    with folder.held(app_id=PLAN.app_id):
        folder.keep(database="2001-01-01T00:00:00+00:00")

    # When, Then
    with (
        pytest.raises(CommandError, match="does not belong to this database"),
        folder.held(app_id=PLAN.app_id),
    ):
        pass


def test_a_new_one_is_refused_to_a_database_that_has_its_own(folder):
    # Given
    AlipayAccountFactory(app_id=PLAN.app_id)

    # When, Then
    with (
        pytest.raises(CommandError, match="does not belong to this database"),
        folder.held(app_id=PLAN.app_id),
    ):
        pass
    assert folder.read() == {}


def test_a_cut_while_keeping_leaves_the_old_state(folder):
    # Given
    with folder.held(app_id=PLAN.app_id):
        folder.keep(closed_through="2017-04-05")
    (folder.path / "state.json.draft").write_text('{"closed_')

    # Then
    assert folder.read()["closed_through"] == "2017-04-05"


def test_a_replay_that_was_begun_with_other_orders_is_refused(folder, sold):
    # Given
    with folder.held(app_id=PLAN.app_id):
        folder.keep(orders="another digest")

    # When, Then
    with pytest.raises(CommandError, match="was begun with other orders"):
        Replay(orders=sold, folder=folder).run()


def test_a_replay_without_orders_is_refused(folder):
    with pytest.raises(CommandError, match="no order that is paid"):
        Replay(orders=Orders(), folder=folder).run()

    assert not folder.path.exists()


def test_a_finished_replay_starts_nothing_again_and_says_what_does_not_tie(folder, sold):
    # Given
    with folder.held(app_id=PLAN.app_id):
        AlipayAccountFactory(app_id=PLAN.app_id, currency="BRL")
        BankAccountFactory(merchant_no=PLAN.bank_account_no, currency="BRL")
        folder.keep(is_finished=True)

    # When
    report = Replay(orders=sold, folder=folder).run()

    # Then
    assert not report.is_tied
    assert report.figures["payments paid"] == ["1", "0"]
    assert report.figures["paid, BRL"] == ["5.00", "0.00"]
    assert "payments paid" in report.as_text()
    assert "✗" in report.as_text()
    assert "ports" not in folder.read()
