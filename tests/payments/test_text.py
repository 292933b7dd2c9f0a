import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import text


@pytest.mark.parametrize(
    "letters",
    ["", "plain", "中文，标点。", "émigré", "👨\u200d👩\u200d👧", "نص", "ก\u200cข", "１２"],
)
def test_letters_that_show_are_plain(letters):
    assert text.is_plain(letters)


@pytest.mark.parametrize(
    "letter", ["\x00", "\t", "\n", "\x7f", "\x9f", "\u200b", "\u202e", "\u2067", "\ufeff", "\u2029"]
)
def test_letters_that_hide_or_turn_are_not(letter):
    assert not text.is_plain(f"a{letter}b")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("4111111111111111", True),
        ("pay with 4111111111111111 please", True),
        ("no.4111111111111111", True),
        ("4111 1111 1111 1111", True),
        ("4111-1111-1111-1111", True),
        ("4222222222222", True),
        ("3782 822463 10005", True),
        ("6304 0000 0000 0000 000", True),
        ("４１１１１１１１１１１１１１１１", True),
        ("4111111111111112", False),
        ("41111111111111111111", False),
        ("411111111111", False),
        ("4111 1111 1111", False),
        ("13800138000", False),
        ("2026-11-22 09:00:00", False),
        ("", False),
    ],
)
def test_finds_a_card_number_in_free_text(words, expected):
    assert text.holds_card_number(words) is expected


@given(st.integers(10**11, 10**18 - 1))
def test_every_number_with_its_check_digit_is_found(number):
    # Given the check digit by the other way of writing Luhn
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(str(number)))]
    total = sum(value // 10 + value % 10 for value in doubled)
    valid = f"{number}{-total % 10}"

    # Then
    assert text.holds_card_number(valid)
    assert not text.holds_card_number(f"{number}{(1 - total) % 10}")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("4111111111111111", True),
        ("5555555555554444", True),
        ("2223003122003222", True),
        ("378282246310005", True),
        ("6200000000000005", True),
        ("ORDER-4111111111111111", True),
        # Luhn-valid, but a Unix time, a date and a short date.
        ("1795363200005", False),
        ("20261122000000017", False),
        ("26112200000009", False),
    ],
)
def test_an_order_number_is_a_card_number_only_if_it_begins_like_one(number, expected):
    assert text.is_card_number(number) is expected
