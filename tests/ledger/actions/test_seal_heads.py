"""The end of the chain outside the database, and the keys that seal."""

import json
import logging

import pytest

from ledger import heads, sealing
from ledger.actions import seals
from ledger.models import Seal
from tests.ledger.actions.seal_rows import configuration_is_sealed  # noqa: F401
from tests.ledger.queries.test_integrity import post
from tests.rig.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)


# --- the published heads ------------------------------------------------------------------------


def test_publishes_the_end_of_the_chain_and_logs_it(caplog):
    # Given
    post("one")

    # When
    with caplog.at_level(logging.INFO, logger="ledger.actions.seals"):
        seal_everything()

    # Then
    last = Seal.objects.order_by("-number").first()
    head = heads.published().heads[-1]
    assert (head.number, head.hmac) == (last.number, bytes(last.hmac))
    assert head.totals == {"CNY": {"debits": 5_000, "credits": 5_000}}
    assert f"seals: head {last.number} {bytes(last.hmac).hex()}" in caplog.text


def test_the_newest_is_read_from_the_end_of_a_long_file():
    # Given one head among lines that are none
    post("one")
    seal_everything()
    newest = heads.published().heads[-1]
    line = heads.path().read_text().splitlines(keepends=True)[-1]
    heads.path().write_text("x" * 20_000 + "\n" + line + '{"torn')

    # When, Then
    assert heads.newest() == newest

    # When it stands further from the end than is read at first
    heads.path().write_text(line + "x" * 20_000 + "\n")

    # Then
    assert heads.newest() == newest

    # When there is no file
    heads.path().unlink()

    # Then
    assert heads.newest() is None


def test_publishes_nothing_twice():
    post("one")
    seal_everything()
    lines = heads.path().read_text()

    assert seals.publish_head() is None
    assert heads.path().read_text() == lines


def test_catches_up_with_a_head_that_a_crash_kept_from_being_published(monkeypatch):
    # Given
    post("one")
    with monkeypatch.context() as patched:
        patched.setattr(seals, "publish_head", lambda: None)
        seal_everything()
    before = heads.published().last_number

    # When
    seals.seal_all()

    # Then
    assert before < heads.published().last_number == Seal.objects.count()


def test_a_torn_line_stays_a_bad_line_and_spoils_no_other():
    # Given
    with heads.path().open("a") as file:
        file.write('{"number": 7, "hm')
    post("one")

    # When
    seal_everything()

    # Then
    published = heads.published()
    assert [bad.why for bad in published.bad_lines] == ["unreadable"]
    assert published.last_number == Seal.objects.count()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"number": 1_000}, "changed, or of another house"),
        ({"totals": {"CNY": {"debits": 1, "credits": 1}}}, "changed, or of another house"),
        ({"hmac": "00" * 32}, "changed, or of another house"),
        ({"key": "stranger"}, "unknown key stranger"),
        ({"sealed_at": "yesterday"}, "unreadable"),
    ],
)
def test_a_changed_line_is_no_head(change, why):
    lines = heads.path().read_text().splitlines()
    told = json.loads(lines[-1])
    heads.path().write_text("\n".join([*lines[:-1], json.dumps({**told, **change})]) + "\n")

    (bad,) = heads.published().bad_lines
    assert (bad.place, bad.why) == (len(lines), why)


def test_without_a_file_nothing_is_published():
    heads.path().unlink()

    assert heads.published().last_number == 0


# --- keys ---------------------------------------------------------------------------------------


def test_a_new_key_seals_and_the_old_one_still_proves(settings):
    # Given
    settings.SEAL_KEYS = {"new": b"n" * 32, **settings.SEAL_KEYS}

    # When
    post("one")
    seal_everything()

    # Then
    keys = list(Seal.objects.order_by("number").values_list("key_id", flat=True).distinct())
    assert keys[0] == "test1"
    assert keys[-1] == "new"
    assert all(bytes(seal.hmac) == sealing.hmac_of(seal.header) for seal in Seal.objects.all())


def test_another_key_of_the_same_name_proves_nothing(settings):
    settings.SEAL_KEYS = {"test1": b"x" * 32}

    assert all(bytes(seal.hmac) != sealing.hmac_of(seal.header) for seal in Seal.objects.all())


@pytest.mark.parametrize("keys", [{}, {"short": b"x"}])
def test_refuses_to_seal_without_a_key(settings, keys):
    post("one")
    settings.SEAL_KEYS = keys

    with pytest.raises(Exception, match="SEAL_KEYS must hold keys of 32 bytes"):
        sealing.current_key_id()
