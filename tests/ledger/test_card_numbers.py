import pytest

from ledger.card_numbers import MASK, has_card_number, without_card_numbers

CARDS = [
    "4242424242424242",
    "4222222222222",
    "4242 4242 4242 4242",
    "4242-4242-4242-4242",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "30569309025904",
    "3530111333300000",
    "6011111111111117",
    "6200000000000005",
    "6216261000000000018",
    "9558820000000000006",
]


@pytest.mark.parametrize("card", CARDS)
def test_a_card_number_is_recognised_wherever_it_stands(card):
    for text in (card, f"card {card}.", f"pan={card}&x=1", f'{{"note":"{card}"}}', f"卡{card}号"):
        assert has_card_number(text), text
        assert card not in without_card_numbers(text)
        assert MASK in without_card_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4242424242424241",
        "424242424242",
        "42424242424242424242",
        # Milliseconds since 1970 and yyyyMMddHHmmss fit the check digit one time in ten.
        "1772683200005",
        "20260305120001",
        # Alipay's people and apps.
        "2088000000000007",
        "2021000000000009",
        # An id of ours is one word with its letters, even if its end were digits alone.
        "pay_01kjy2e1g04242424242424242",
        "ATT4242424242424242",
        "2026-03-05 12:00:00",
        "000000004242424242424242424200",
        "0.4242",
    ],
)
def test_what_is_no_card_number_is_left_alone(text):
    assert not has_card_number(text)
    assert without_card_numbers(text) == text


def test_of_several_each_is_masked():
    assert without_card_numbers("a 4242424242424242 b 5555555555554444") == f"a {MASK} b {MASK}"
