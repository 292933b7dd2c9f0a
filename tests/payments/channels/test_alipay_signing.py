import json
import random
import re

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from payments.channels.alipay import signing

CASES = [
    "normal",
    "nested_object",
    "nested_array",
    "paired_braces_in_value",
    "paired_braces_in_key",
    "unpaired_brace_in_value",
    "unpaired_brace_in_key",
    "unpaired_brace_and_escaped_quote",
    "even_backslashes_and_blanks",
    "encrypted_string_node",
    "encrypted_string_node_blank",
]


@pytest.fixture(scope="module")
def vectors(shared):
    path = shared / "vectors/alipay/vectors_response_signed_text_extraction.json"
    cases = json.loads(path.read_text())["cases"]
    assert [case["id"] for case in cases] == CASES
    return {case["id"]: case for case in cases}


@pytest.mark.parametrize("case", CASES)
def test_cuts_the_signed_text_out_of_the_answer_byte_for_byte(vectors, case):
    # When
    answer = signing.read_answer(vectors[case]["raw"])

    # Then
    assert answer.signed_text == vectors[case]["signed_text"]
    assert answer.name == "alipay_trade_create_response"
    assert answer.sign.startswith("TS355N0QjK1r9GyD4YOsG5ess")


@pytest.mark.parametrize("case", CASES)
def test_believes_the_answer_once_the_signature_is_ours_to_check(vectors, case, alipay_keys):
    # Given the same answer, with a signature by a key that we know
    signature = signing.sign(vectors[case]["signed_text"], alipay_keys.private)
    raw, replaced = re.subn(r'TS355N0[^"]*', lambda _: signature, vectors[case]["raw"])
    assert replaced == 1

    # When
    answer = signing.read_answer(raw)

    # Then
    public_key = alipay_keys.private.public_key()
    assert signing.is_signed(answer.signed_text.encode(), answer.sign, public_key)
    assert not signing.is_signed(answer.signed_text.encode() + b" ", answer.sign, public_key)


@pytest.mark.parametrize(
    ("raw", "signed_text", "sign"),
    [
        # The signature may come first, escaped as JSON allows.
        ('{"sign":"a\\/b","x_response":{"u":"a\\/b"}}', '{"u":"a\\/b"}', "a/b"),
        # A node may have a "sign" of its own.
        ('{"x_response":{"sign":"in"},"sign":"out"}', '{"sign":"in"}', "out"),
        ('{"x_response":{"sign":"in"}}', '{"sign":"in"}', ""),
        # What looks like the end of the node stands inside a text.
        ('{"x_response":{"a":"},\\"sign\\":\\"n\\""},"sign":"y"}', None, "y"),
        (' {"x_response" : { "a" : 1.50 } , "sign" : "s" } ', '{ "a" : 1.50 }', "s"),
        ('{"error_response":{"code":"40002"},"sign":"s"}', '{"code":"40002"}', "s"),
        ('{"x_response":{"名":"值"},"sign":"s","alipay_cert_sn":"1"}', '{"名":"值"}', "s"),
    ],
)
def test_reads_answers_in_every_order_and_spelling(raw, signed_text, sign):
    answer = signing.read_answer(raw)

    assert answer.signed_text == (signed_text or '{"a":"},\\"sign\\":\\"n\\""}')
    assert answer.sign == sign


def test_keeps_numbers_as_texts():
    answer = signing.read_answer('{"x_response":{"a":12.10,"b":7,"c":1e2}}')

    assert answer.node == {"a": "12.10", "b": "7", "c": "1e2"}


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{}",
        "[]",
        '"x_response"',
        '{"sign":"s"}',
        '{"x_response":{},"sign":"s"',
        '{"x_response":{},"sign":"s"}}',
        '{"x_response":{},"sign":"s",}',
        '{"x_response":{},"sign":{}}',
        '{"x_response":{},"x_response":{},"sign":"s"}',
        '{"x_response":{},"sign":"s","sign":"t"}',
        '{"x_response":{},"y_response":{},"sign":"s"}',
        '{"x_response":NaN,"sign":"s"}',
        '{"x_response":{"a":-Infinity},"sign":"s"}',
        '{"x_response":{"a":"line\nbreak"},"sign":"s"}',
        '{x_response:{},"sign":"s"}',
        '{1:{},"x_response":{}}',
        '{"x_response" {}}',
        '{"x_response":' + "[" * 100_000,
        "\ufeff{}",
        "<html>502</html>",
    ],
)
def test_refuses_what_is_not_one_answer(raw):
    with pytest.raises(signing.AnswerFormatError):
        signing.read_answer(raw)


def test_signs_all_parameters_but_the_signature_and_the_empty_ones():
    params = {
        "sign": "left out",
        "method": "alipay.trade.query",
        "notify_url": "",
        "sign_type": "RSA2",
        "app_id": "2021",
        "biz_content": '{"subject":"茶 & 咖啡=1"}',
        "charset": "utf-8",
    }

    assert signing.request_text(params) == (
        'app_id=2021&biz_content={"subject":"茶 & 咖啡=1"}&charset=utf-8'
        "&method=alipay.trade.query&sign_type=RSA2"
    )


def test_offers_both_texts_that_a_notification_may_sign():
    fields = {b"sign": b"s", b"sign_type": b"RSA2", b"b": b"2", b"a": b"\xca\xf7", b"c": b""}

    assert signing.notification_texts(fields) == (
        b"a=\xca\xf7&b=2&c=",
        b"a=\xca\xf7&b=2&c=&sign_type=RSA2",
    )


def test_repeats_a_signature_exactly(our_keys):
    first = signing.sign("a=1&b=值", our_keys.private)

    assert first == signing.sign("a=1&b=值", our_keys.private)
    assert signing.is_signed("a=1&b=值".encode(), first, our_keys.private.public_key())


def test_reproduces_a_published_signature(shared):
    # Given: RSA2 is the algorithm of which WeChat Pay's Go SDK publishes a fixed signature
    folder = shared / "vectors/wechatpay"
    vector = json.loads((folder / "vectors_go_sdk.json").read_text())["rsa_sha256"]
    key = load_pem_private_key((folder / vector["private_key"]).read_bytes(), None)

    # When
    signature = signing.sign(vector["message"], key)

    # Then
    assert signature == vector["signature_b64"]
    assert signature.startswith("BKyAfU4iMCuvXMXS0Wzam3V/")


@pytest.mark.parametrize(
    "spelling",
    [
        lambda sign: sign + "\n",
        lambda sign: " " + sign,
        lambda sign: sign.rstrip("="),
        lambda sign: sign + "=",
        lambda sign: sign[:10] + "\n" + sign[10:],
        lambda sign: sign.replace("+", "-").replace("/", "_"),
        lambda sign: sign[:-3] + chr(ord(sign[-3]) + 1) + "==",
        lambda _: "",
        lambda _: "值",
        lambda _: "AAAA",
    ],
)
def test_accepts_one_spelling_of_a_signature_only(our_keys, spelling):
    # Given a signature with both letters that the URL-safe alphabet would change
    number = 0
    while True:
        text = f"a={number}"
        sign = signing.sign(text, our_keys.private)
        if "+" in sign and "/" in sign:
            break
        number += 1
    public_key = our_keys.private.public_key()
    assert signing.is_signed(text.encode(), sign, public_key)

    # When, Then
    assert spelling(sign) != sign
    assert not signing.is_signed(text.encode(), spelling(sign), public_key)


def test_refuses_another_key(our_keys, strangers_keys):
    sign = signing.sign("a=1", strangers_keys.private)

    assert not signing.is_signed(b"a=1", sign, our_keys.private.public_key())


def test_refuses_every_single_changed_byte_of_an_answer(signed, alipay_keys):
    # Given
    raw = signed(
        "alipay_trade_query_response",
        {"code": "10000", "out_trade_no": "pay_1", "total_amount": "12.34", "subject": "茶{"},
    )
    public_key = alipay_keys.private.public_key()
    choose = random.Random(20260105)

    def is_believed(answer: bytes) -> bool:
        try:
            read = signing.read_answer(answer.decode())
        except (signing.AnswerFormatError, UnicodeDecodeError):
            return False
        return signing.is_signed(read.signed_text.encode(), read.sign, public_key) and (
            read.name == "alipay_trade_query_response"
        )

    assert is_believed(raw)

    # When
    believed = []
    for _ in range(3_000):
        at = choose.randrange(len(raw))
        other = (raw[at] + choose.randrange(1, 256)) % 256
        mutated = raw[:at] + bytes([other]) + raw[at + 1 :]
        if is_believed(mutated):
            believed.append((at, other))

    # Then
    assert believed == []
