from decimal import Decimal

import pytest
from rest_framework.exceptions import ParseError

from config.api.parsers import BODY_BYTES_MAX, DEPTH_MAX, read_object


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{"a": -1}', {"a": -1}),
        ('{"a": "好 \\u00e9"}', {"a": "好 é"}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        ("{}", {}),
        ('{"a": [true, null]}', {"a": [True, None]}),
    ],
)
def test_reads_an_object(text, value):
    assert read_object(text.encode()) == value


@pytest.mark.parametrize("number", ["1.0", "1e2", "1E400", "0.019", "-0.0", "1" * 21, "9" * 5000])
def test_only_plain_whole_numbers_become_integers(number):
    value = read_object(f'{{"amount": {number}}}'.encode())["amount"]

    assert type(value) is Decimal


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"12",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 01}',
        b'{"a": +3}',
        b'{"a": 1_0}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1} {"b": 2}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        '{"name": "好"}'.encode("gb18030"),
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": ["\\udfff"]}',
        b'{"a": "\x01"}',
    ],
)
def test_refuses_what_is_not_one_plain_object(body):
    with pytest.raises(ParseError):
        read_object(body)


def test_reads_twenty_levels_and_refuses_the_next():
    # Given
    inner = DEPTH_MAX - 1
    deep_enough = b'{"a": ' + b"[" * inner + b"]" * inner + b"}"
    too_deep = b'{"a": ' + b"[" * DEPTH_MAX + b"]" * DEPTH_MAX + b"}"

    # When / Then
    assert read_object(deep_enough)
    with pytest.raises(ParseError, match="20"):
        read_object(too_deep)


@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
def test_survives_a_body_of_nothing_but_brackets(bracket):
    body = (b'{"a": ' + bracket * BODY_BYTES_MAX)[:BODY_BYTES_MAX]

    with pytest.raises(ParseError):
        read_object(body)
