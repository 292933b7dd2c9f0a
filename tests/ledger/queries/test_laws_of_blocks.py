# ruff: noqa: F811  fixtures are imported
"""Nothing of a block changes, and every key proves its own."""

import pytest

from tests.ledger.queries.sealed_books import differences, few, first_difference  # noqa: F401
from tests.ledger.queries.test_integrity import post
from tests.rig.sealing import seal_everything
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "change",
    [
        "stream = 'audit'",
        "first_id = first_id - 1",
        "last_id = last_id + 1",
        "totals = '{}'",
        "root = decode(repeat('ab', 32), 'hex')",
        "key_id = 'test1 '",
        "cluster = cluster + 1",
        "floor = floor + 1",
        "sealed_at = sealed_at + interval '1 microsecond'",
        "hmac = decode(repeat('ab', 32), 'hex')",
    ],
)
def test_nothing_of_a_block_may_change(few, change):
    tamper(f"UPDATE ledger_seal SET {change} WHERE number = {few}")  # noqa: S608

    assert first_difference().startswith(f"block {few} ")


def test_the_members_of_a_block_may_not_change(few):
    tamper(
        f"UPDATE ledger_seal SET leaves = decode(repeat('ab', 32), 'hex') WHERE number = {few}"  # noqa: S608
    )
    assert first_difference() == f"block {few} entries"

    tamper(f"UPDATE ledger_seal SET ids = ARRAY[9999] WHERE number = {few}")  # noqa: S608
    assert first_difference() == f"block {few} entries"


def test_a_block_that_is_missing_in_the_middle_is_named(few):
    tamper(f"DELETE FROM ledger_seal WHERE number = {few - 1}")  # noqa: S608

    assert differences()[0].startswith(f"block {few} entries: block {few - 1} before it")


def test_a_block_of_a_form_that_nobody_knows_is_told(few):
    tamper(f"UPDATE ledger_seal SET form = 9 WHERE number = {few}")  # noqa: S608

    assert any("in form 9" in each for each in differences())


def test_the_wrong_key_proves_no_block(few, settings):
    settings.SEAL_KEYS = {"test1": b"x" * 32}

    assert differences()[0].startswith("block 1 ")


def test_a_key_that_is_gone_is_named(few, settings):
    settings.SEAL_KEYS = {"other": b"x" * 32}

    assert "the key test1 / no such key" in differences()[0]


def test_a_new_key_leaves_old_blocks_sound(few, settings):
    settings.SEAL_KEYS = {"new": b"n" * 32, **settings.SEAL_KEYS}
    post("three")
    seal_everything()

    assert differences() == []
