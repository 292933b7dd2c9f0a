"""The chart agrees with the accountants' page, number by number."""

import pytest
from django.utils.functional import Promise

from ledger import chart
from ledger.chart import CHART

# code, normal side, has a floor
PAGE = """
1001 D no   1101 D no   1102 D no   1201 D yes  1301 D yes  1901 D yes
2001 C yes  2002 C yes  2003 C yes  2004 C yes  2005 C yes  2006 C yes
2101 C yes  2201 C no   2301 C no   2401 C yes  2901 C yes
3001 C no   3101 C no
4001 C no   4002 C no   4009 C no   4102 C no   4103 C no
5001 D no   5002 D no   5003 D no   5004 D no   5009 D no   5101 D no   5102 D no
"""


def test_has_exactly_the_accounts_of_the_page_in_their_order() -> None:
    words = PAGE.split()
    expected = list(zip(words[::3], words[1::3], words[2::3], strict=True))

    assert [
        (account.code, account.normal_side, "yes" if account.is_floored else "no")
        for account in CHART.values()
    ] == expected


@pytest.mark.parametrize(
    ("code", "category"),
    [("1", "asset"), ("2", "liability"), ("3", "equity"), ("4", "income"), ("5", "expense")],
)
def test_the_first_digit_is_the_category(code: str, category: str) -> None:
    found = {account.category for account in CHART.values() if account.code[0] == code}

    assert found == {category}


def test_every_account_has_one_constant_and_every_constant_an_account() -> None:
    constants = [
        value
        for name, value in vars(chart).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    ]

    assert constants == list(CHART)


def test_every_name_is_translatable_and_said_once() -> None:
    names = [account.name for account in CHART.values()]

    assert all(isinstance(name, Promise) for name in names)
    assert len({repr(name.__reduce__()) for name in names}) == len(names)
