"""Amounts in words, as cheques carry them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.amount_words import in_words

THREE_HUNDRED = "three hundred forty-five thousand six hundred seventy-eight"


# The examples of the People's Bank of China's rules for bills, and what stands between them.
@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "人民币零元整"),
        (5, "人民币伍分"),
        (30, "人民币叁角整"),
        (32, "人民币叁角贰分"),
        (1_00, "人民币壹元整"),
        (1_01, "人民币壹元零壹分"),
        (10_00, "人民币壹拾元整"),
        (325_04, "人民币叁佰贰拾伍元零肆分"),
        (1_409_50, "人民币壹仟肆佰零玖元伍角整"),
        (1_680_32, "人民币壹仟陆佰捌拾元零叁角贰分"),
        (6_007_14, "人民币陆仟零柒元壹角肆分"),
        (16_409_02, "人民币壹万陆仟肆佰零玖元零贰分"),
        (107_000_53, "人民币壹拾万柒仟元零伍角叁分"),
        (100_000_000_00, "人民币壹亿元整"),
        (100_010_000_00, "人民币壹亿零壹万元整"),
        (100_000_001_00, "人民币壹亿零壹元整"),
    ],
)
def test_writes_renminbi_in_capitals(minor, words):
    assert in_words(minor, "CNY", language="zh-hans") == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (1_205, "BRL", "BRL 壹拾贰点零伍"),
        (500, "JPY", "JPY 伍佰"),
        (0, "USD", "USD 零点零零"),
    ],
)
def test_names_other_currencies_by_their_code(minor, currency, words):
    assert in_words(minor, currency, language="zh-hans") == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (0, "CNY", "zero and 00/100 CNY"),
        (14_700, "CNY", "one hundred forty-seven and 00/100 CNY"),
        (1_000_05, "EUR", "one thousand and 05/100 EUR"),
        (2_345_678_90, "BRL", f"two million {THREE_HUNDRED} and 90/100 BRL"),
        (21, "JPY", "twenty-one JPY"),
        (1_234, "KWD", "one and 234/1000 KWD"),
        (100_000_000_000_00, "CNY", "one hundred billion and 00/100 CNY"),
    ],
)
def test_writes_english_with_the_fraction_in_figures(minor, currency, words):
    assert in_words(minor, currency, language="en") == words


def test_knows_no_amounts_below_zero():
    with pytest.raises(ValueError, match="below zero"):
        in_words(-1, "CNY", language="en")


@given(some.integers(min_value=0, max_value=10**13))
def test_no_two_amounts_read_the_same(minor):
    for language in ("zh-hans", "en"):
        assert in_words(minor, "CNY", language=language) != in_words(
            minor + 1, "CNY", language=language
        )
