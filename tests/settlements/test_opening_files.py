"""Reading files of opening balances: every fault by its line, and no amount that is not exact."""

import pytest

from settlements.opening_files import (
    BYTES_MAX,
    FileRow,
    OpeningFileError,
    Problem,
    read_opening_file,
)
from tests.factories.openings import opening_file

BANK_ROW = FileRow(2, "1001", "chn_b", "CNY", "D", 100_000)


@pytest.mark.parametrize(
    "content",
    [
        opening_file("1001,chn_b,CNY,1000.00,D"),
        opening_file("1001,chn_b,CNY,1000.00,D", encoding="utf-8-sig"),
        opening_file(" 1001 , chn_b ,CNY, 1000 , d "),
        opening_file("D,1000.0,CNY,chn_b,1001", header="side,amount,currency,owner,code"),
        opening_file("借,备注,1000.00,CNY,chn_b,1001", header="方向,备注,金额,币种,户主,科目"),
        opening_file(
            "1001,chn_b,CNY,1000.00,借", header="科目,户主,币种,金额,方向", encoding="gbk"
        ),
        opening_file("1001,chn_b,CNY,1000.00,D", "", ",,,,"),
    ],
    ids=["plain", "with a mark", "blanks", "another order", "Chinese", "GBK", "empty lines"],
)
def test_reads_the_same_from_each_way_to_write_it(content):
    file = read_opening_file(content)

    assert file.rows == (BANK_ROW,)
    assert file.problems == ()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("1001,chn_b,CNY,10.001,D", "10.001 is no exact amount of CNY."),
        ("1001,chn_b,JPY,10.5,D", "10.5 is no exact amount of JPY."),
        ('1001,chn_b,CNY,"1,000.00",D', "1,000.00 is no exact amount of CNY."),
        ("1001,chn_b,CNY,1e3,D", "1e3 is no exact amount of CNY."),
        ("1001,chn_b,CNY,,D", " is no exact amount of CNY."),
        (
            "1001,chn_b,CNY,99999999999999999999,D",
            "99999999999999999999 is no exact amount of CNY.",
        ),
        (
            "1001,chn_b,CNY,0.00,D",
            "an amount must be above zero; the side says which way it stands.",
        ),
        ("1001,chn_b,CNY,-5,D", "an amount must be above zero; the side says which way it stands."),
        ("1001,chn_b,RMB,5,D", "the currency RMB is not known."),
        ("1001,chn_b,cny,5,D", "the currency cny is not known."),
        ("1001,chn_b,CNY,5,X", "the side must be D or C."),
        ("1001,,CNY,5,D", "the owner is missing or too long."),
        (f"1001,{'m' * 91},CNY,5,D", "the owner is missing or too long."),
        ("1001,chn\0b,CNY,5,D", "the owner is missing or too long."),
        ("1001,chn_b,CNY", "it has too few columns."),
    ],
)
def test_says_of_each_line_what_is_wrong_with_it(line, sentence):
    file = read_opening_file(opening_file("1001,chn_b,CNY,1000.00,D", line))

    assert file.rows == (BANK_ROW,)
    assert file.problems == (Problem(3, sentence),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "must name these columns once: code, owner, currency, amount, side."),
        (opening_file(header="code,owner,currency,amount"), "once: side."),
        (opening_file(header="code,code,owner,currency,amount,side"), "once: code."),
        (opening_file(), "It has no lines of balances."),
        (b"\xff\xfe\x00\x01", "It is neither UTF-8 nor GBK."),
        (b"x" * (BYTES_MAX + 1), "It is larger than 10 MiB."),
        (opening_file('1001,"chn_b,CNY,5,D'), "it is no CSV."),
    ],
    ids=["empty", "column missing", "column twice", "no lines", "encoding", "size", "quote"],
)
def test_refuses_what_is_no_such_file(content, told):
    with pytest.raises(OpeningFileError) as refused:
        read_opening_file(content)

    assert told in str(refused.value)


def test_refuses_more_lines_than_it_takes(monkeypatch):
    monkeypatch.setattr("settlements.opening_files.ROWS_MAX", 2)

    with pytest.raises(OpeningFileError, match="more than 2 lines"):
        read_opening_file(opening_file(*["1001,chn_b,CNY,5,D"] * 3))


def test_names_twenty_faults_and_counts_the_others():
    error = OpeningFileError([Problem(line, "wrong.") for line in range(25, 0, -1)])

    told = str(error)
    assert "Line 1: wrong. Line 2: wrong." in told
    assert told.endswith("Line 20: wrong. … and 5 more.")
