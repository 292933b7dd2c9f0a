import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from payments.channels.unionpay import signing
from tests.payments.channels.unionpay.messages import AUTHORITY_KEY, THEIR_KEY

FIELDS = {"txnAmt": "100", "merId": "777", "empty": "", "orderId": "A1"}


def test_what_is_signed_are_all_other_fields_sorted_by_name():
    assert signing.signed_text({**FIELDS, "signature": "x"}) == (
        "empty=&merId=777&orderId=A1&txnAmt=100"
    )


def test_the_signature_is_over_the_hex_of_the_digest():
    # Given
    digest = hashlib.sha256(b"empty=&merId=777&orderId=A1&txnAmt=100").hexdigest()
    import base64

    # When
    raw = base64.b64decode(signing.sign(FIELDS, THEIR_KEY))

    # Then: this raises for any other text
    THEIR_KEY.public_key().verify(raw, digest.encode(), PKCS1v15(), SHA256())


def test_a_signature_is_believed_from_its_key_only_and_in_one_spelling():
    # Given
    signed = {**FIELDS, "signature": signing.sign(FIELDS, THEIR_KEY)}

    # Then
    assert signing.is_signed(signed, THEIR_KEY.public_key())
    assert not signing.is_signed(signed, AUTHORITY_KEY.public_key())
    for signature in ("", "%", signed["signature"] + "=", signed["signature"][:-3] + "B=="):
        assert not signing.is_signed({**signed, "signature": signature}, THEIR_KEY.public_key())


def test_no_changed_byte_of_a_signed_message_is_believed():
    # Given
    signed = {**FIELDS, "signature": signing.sign(FIELDS, THEIR_KEY)}
    text = "&".join(f"{name}={value}" for name, value in signed.items())

    for place in range(len(text)):
        changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        # When
        try:
            fields = signing.read_answer(changed)
        except signing.AnswerFormatError:
            continue
        # Then
        assert not signing.is_signed(fields, THEIR_KEY.public_key()), changed


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a=1=2&b=3\r\n", {"a": "1=2", "b": "3"}),
        ("a={x=1&y=[2&3]}&b=4", {"a": "{x=1&y=[2&3]}", "b": "4"}),
        ("a=}&b=4", {"a": "}", "b": "4"}),
    ],
)
def test_an_answer_is_taken_apart(text, fields):
    assert signing.read_answer(text) == fields


@pytest.mark.parametrize("text", ["", "a", "=1", "a=1&a=2", "a=1&&b=2", "a={&b=2", "<html>"])
def test_what_is_no_row_of_fields_is_refused(text):
    with pytest.raises(signing.AnswerFormatError):
        signing.read_answer(text)
