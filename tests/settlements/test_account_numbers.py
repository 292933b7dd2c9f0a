"""Account numbers by the IBAN registry's published examples, and others by their letters."""

import json

import pytest

from settlements.account_numbers import SHAPES, is_iban, normalised
from settlements.errors import InvalidAccountNumberError


@pytest.fixture(scope="module")
def registry(shared):
    return json.loads((shared / "vectors/bank/iban_registry_examples.json").read_text())


def test_accepts_every_example_of_the_registry(registry):
    # Given
    examples = registry["valid"]
    assert len(examples) == 194

    # When
    numbers = [normalised(example) for example in examples]

    # Then
    assert all(is_iban(number) for number in numbers)
    assert all(number.isalnum() and number == number.upper() for number in numbers)


def test_refuses_what_is_no_iban_although_it_looks_like_one(registry):
    for example in registry["invalid"]:
        with pytest.raises(InvalidAccountNumberError):
            normalised(example)


def test_does_not_check_the_digits_that_only_a_nation_knows(registry):
    assert [normalised(example) for example in registry["mod97_ok_but_national_check_bad"]] == [
        "ES2121000418450200051331",
        "ES8931831500950001210562",
    ]


def test_no_shape_is_longer_than_an_iban_may_be():
    lengths = {
        country: 4
        + sum(
            int(count)
            for count in shape.replace("a", " ").replace("c", " ").replace("n", " ").split()
        )
        for country, shape in SHAPES.items()
    }

    assert len(SHAPES) == 89
    assert max(lengths.values()) <= 34
    assert (lengths["NO"], lengths["DE"], lengths["RU"]) == (15, 22, 33)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("6222 0200 0000 0000 001", "6222020000000000001"),
        ("110-9000-0000-0001", "110900000000001"),
        (" abc123456 ", "ABC123456"),
        ("123456", "123456"),
    ],
)
def test_takes_other_numbers_by_their_letters(text, number):
    assert normalised(text) == number


@pytest.mark.parametrize(
    # Two letters and two digits begin an IBAN, so AB123456 must be one.
    "text",
    ["AB123456", "", "12345", "1" * 35, "12345/67", "123456七", "straße12", "GB00", "12 34\n56;"],
)
def test_refuses_what_no_bank_could_mean(text):
    with pytest.raises(InvalidAccountNumberError):
        normalised(text)
