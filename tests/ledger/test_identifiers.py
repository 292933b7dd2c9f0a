"""Public ids: one spelling, in the order of their making, never twice."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from ledger.identifiers import BODY_LENGTH, ID_MAX_LENGTH, is_id, new_id

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def milliseconds_of(public_id: str) -> int:
    """Read the first 48 of the 128 bits back."""
    return number_of(public_id) >> 80


def last_80_bits(public_id: str) -> int:
    """Read what follows the milliseconds."""
    return number_of(public_id) & (2**80 - 1)


def number_of(public_id: str) -> int:
    number = 0
    for character in public_id.partition("_")[2]:
        number = number * 32 + ALPHABET.index(character)
    return number


def test_is_the_prefix_and_26_lower_case_characters() -> None:
    # When
    public_id = new_id("pay")

    # Then
    prefix, _, body = public_id.partition("_")
    assert prefix == "pay"
    assert len(body) == BODY_LENGTH == 26
    assert set(body) <= set(ALPHABET)
    assert len(public_id) <= ID_MAX_LENGTH


def test_the_longest_prefix_still_fits_the_column() -> None:
    assert len(new_id("a" * 13)) == ID_MAX_LENGTH


def test_begins_with_the_milliseconds_of_its_making() -> None:
    # Given
    before = time.time_ns() // 1_000_000

    # When
    public_id = new_id("pay")

    # Then
    assert before <= milliseconds_of(public_id) <= time.time_ns() // 1_000_000


def test_ids_of_later_milliseconds_sort_after_earlier_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: instants around a change in the number of digits of the first characters
    instants = [0, 31, 32, 2**20 - 1, 2**20, 1_763_834_400_000, 2**48 - 1]
    ids = []

    # When
    for milliseconds in instants:
        monkeypatch.setattr(time, "time_ns", lambda now=milliseconds: now * 1_000_000)
        ids.append(new_id("pay"))

    # Then
    assert ids == sorted(ids)
    assert [milliseconds_of(public_id) for public_id in ids] == instants
    assert all(is_id("pay", public_id) for public_id in ids)


def test_ids_of_one_millisecond_sort_as_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a clock that stands still
    now = 1_763_834_400_000
    monkeypatch.setattr(time, "time_ns", lambda: now * 1_000_000)

    # When
    ids = [new_id("pay") for _ in range(10_000)]

    # Then they rise, each by what nobody guesses, and all tell that millisecond
    assert ids == sorted(set(ids))
    assert {milliseconds_of(public_id) for public_id in ids} == {now}
    steps = [last_80_bits(after) - last_80_bits(before) for before, after in pairwise(ids)]
    assert len(set(steps)) == len(steps)
    assert max(steps) > 2**60


def test_ids_of_threads_are_all_different() -> None:
    # When
    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(new_id, ["pay"] * 10_000))

    # Then
    assert len(set(ids)) == 10_000


def test_ten_thousand_ids_are_ten_thousand_ids() -> None:
    assert len({new_id("txn") for _ in range(10_000)}) == 10_000


def test_recognises_its_own_ids_under_their_own_prefix_only() -> None:
    # Given
    public_id = new_id("pay")

    # Then
    assert is_id("pay", public_id)
    assert not is_id("ref", public_id)
    assert not is_id("pa", public_id)


BODY = "01jdexamp0e0123456789abcde"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pay",
        "pay_",
        BODY,
        f"pay-{BODY}",
        f"pay_{BODY.upper()}",
        f"pay_{BODY[:-1]}",
        f"pay_{BODY}0",
        f"pay_{BODY}\n",
        f" pay_{BODY}",
        f"pay_pay_{BODY}",
        f"pay_i{BODY[1:]}",
        f"pay_{BODY[:-1]}u",
        f"pay_8{BODY[1:]}",
    ],
)
def test_refuses_every_other_spelling(text: str) -> None:
    assert is_id("pay", f"pay_{BODY}")
    assert not is_id("pay", text)


@pytest.mark.parametrize("prefix", ["", "Pay", "1pay", "pay_", "pay ", "a" * 14, "支付"])
def test_refuses_to_make_an_id_of_a_bad_prefix(prefix: str) -> None:
    with pytest.raises(ValueError, match="not a prefix"):
        new_id(prefix)
