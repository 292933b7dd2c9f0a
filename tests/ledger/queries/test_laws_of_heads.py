# ruff: noqa: F811  fixtures are imported
"""What the heads outside the database tell of the chain."""

import dataclasses
import itertools
import json

import pytest

from ledger import heads
from ledger.actions import seals
from ledger.models import Seal
from ledger.queries import laws_of_seals as laws
from ledger.queries.integrity import verify_laws
from tests.ledger.queries.sealed_books import differences, few, proof  # noqa: F401
from tests.ledger.queries.test_integrity import post
from tests.rig.sealing import seal_everything
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


# --- published heads ----------------------------------------------------------------------------


def lines() -> list[str]:
    return heads.path().read_text().splitlines()


def write_lines(new: list[str]) -> None:
    heads.path().write_text("".join(line + "\n" for line in new))


def test_heads_that_are_missing_are_told_once_they_should_be_there(few, monkeypatch):
    heads.path().unlink()
    assert differences() == []  # they may be on their way

    monkeypatch.setattr(laws, "PUBLISHING_SECONDS_MAX", -1)

    (told,) = differences()
    assert told.endswith(": a published head at it or after it / none")


def test_heads_that_are_short_are_told(few, monkeypatch):
    monkeypatch.setattr(laws, "PUBLISHING_SECONDS_MAX", -1)
    write_lines(lines()[:-1])

    (told,) = differences()
    assert f"the last one is of block {heads.published().last_number}" in told


def test_heads_of_another_house_are_told(few, settings):
    # Given
    ours = settings.SEAL_KEYS
    settings.SEAL_KEYS = {"test1": b"x" * 32}
    heads.path().unlink()
    seals.publish_head()
    settings.SEAL_KEYS = ours

    # Then
    assert differences() == [
        "line 1 of the published heads: a head of ours / changed, or of another house"
    ]


TORN = ['{"number": 7, "hm', "", "\0\0\0", '{"number": 7']


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_line_is_made_good_by_the_next_head_of_this_chain(few, torn):
    write_lines([*lines()[:-1], torn, lines()[-1]])

    assert len(heads.published().bad_lines) == 1
    assert differences() == []


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_line_at_the_end_is_told_until_the_next_head(few, torn):
    # Given
    write_lines([*lines(), torn])
    place = len(lines())

    # Then
    assert differences() == [
        f"line {place} of the published heads: a head of ours / unreadable",
    ]

    # When
    post("three")
    seal_everything()

    # Then
    assert differences() == []


def test_a_torn_line_is_not_made_good_by_a_head_of_another_chain(few):
    # Given a head that says another hash, by our key
    last = heads.published().heads[-1]
    torn, place = '{"number": 7, "hm', len(lines())
    write_lines([*lines()[:-1], torn])
    with heads.appending() as published:
        published.add(dataclasses.replace(last, hmac=b"x" * 32))

    # Then
    told = differences()
    assert f"line {place} of the published heads: a head of ours / unreadable" in told
    assert any(each.startswith(f"published head of block {last.number}: ") for each in told)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"number": 1_000}, "changed, or of another house"),
        ({"key": "stranger"}, "unknown key stranger"),
        ({"sealed_at": "yesterday"}, "unreadable"),
    ],
)
def test_a_whole_line_that_is_not_ours_is_never_made_good(few, change, why):
    told = json.loads(lines()[-1])
    write_lines([*lines()[:-1], json.dumps({**told, **change}), lines()[-1]])

    assert differences() == [
        f"line {len(lines()) - 1} of the published heads: a head of ours / {why}",
    ]


def test_heads_in_another_order_are_told(few):
    write_lines([lines()[-1], *lines()])

    assert any("out of order" in each for each in differences())


def test_totals_that_are_not_those_of_the_chain_are_told(few):
    # Given a head that is ours and says another sum
    last = heads.published().heads[-1]
    heads.path().unlink()
    with heads.appending() as published:
        published.add(
            heads.Head(
                last.number,
                last.hmac,
                last.cluster,
                {"CNY": {"debits": 1, "credits": 1}},
                last.sealed_at,
                last.key_id,
            )
        )

    # Then
    assert differences() == [
        f"published head of block {last.number}: CNY 1 1 / CNY 5070 5070",
    ]


def test_a_longer_chain_of_another_life_is_told(few):
    """After a restore of an older backup the heads know blocks that the books do not."""
    tamper("DELETE FROM ledger_seal WHERE number > 1")

    told = differences()
    assert told
    assert all("no such block" in each for each in told)


def test_says_how_far_it_is(few):
    heard = []

    verify_laws(
        laws.laws_of_seals(heads.published()), on_progress=lambda *place: heard.append(place)
    )

    count = Seal.objects.count()
    assert heard == list(zip(range(1, count + 1), itertools.repeat(count)))
    assert json.loads(lines()[-1])["number"] == count


def test_rows_up_to_a_block_may_be_taken_as_proved(few):
    tamper("UPDATE ledger_journalentry SET subject = 'x' WHERE source = 'one'")

    report = verify_laws(laws.laws_of_seals(heads.published(), after=few - 1))

    assert report.is_sound
    assert report.counts["sealed_rows_stand"] == 1
    assert report.counts["seals_follow"] == Seal.objects.count()
    assert not proof().is_sound
