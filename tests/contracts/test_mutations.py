"""A message that was changed on its way is never believed, whichever byte it was.

`make test` changes some 3,000 messages, `make harness` (HARNESS=1) 100,000 and says how many were
tried. Alipay's certificates are no messages: they are trusted because somebody configured them.
"""

import sys
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from payments.channels.registry import KEY_BITS_MIN, channel_for
from payments.channels.unionpay import certificates
from tests.contracts import extent, mutations
from tests.contracts.counterparts import CHANNELS
from tests.contracts.mutations import Message, Tally, Tape, answer_message, letter_message
from tests.instants import NOON

# The library warns of a garbled serial before it refuses the certificate for another reason.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
PAID_AT = NOON + timedelta(minutes=7)
TRIES = extent.times(fast=600, whole=20_000)
"""For each way of meeting a channel, of which there are five."""
CERTIFICATE_TRIES = extent.times(fast=200, whole=5_000)
MEANINGS = {
    "alipay": (mutations.json_meaning, mutations.form_meaning),
    "unionpay": (mutations.row_meaning, mutations.form_meaning),
    "wechatpay": (mutations.wechat_meaning, mutations.wechat_meaning),
}
"""How an answer and a notification of each channel are read."""


def messages(other, mailbox) -> list[Message]:
    """Have a channel say everything: of an order, its payment, a refund, a refusal; and letters."""
    tape = Tape(other.transport)
    channel = channel_for(other.config, tape)
    as_answer, as_letter = MEANINGS[other.expected.channel]
    order, paid, unpaid = other.order(), other.paid_order(at=PAID_AT), other.order()
    payment = mailbox.sent_to(other.config.notify_url)
    refund = other.refund_of(paid)
    other.channel.refund(refund)
    refunded = mailbox.sent_to(other.config.notify_url)
    refused = other.refund_of(unpaid, pay_channel_ref="1")
    other.channel.pay(unpaid)
    ways = {
        "pay": lambda: channel.pay(order),
        "query": lambda: channel.query(paid.channel_no, at=NOON),
        "refund": lambda: channel.refund(refund),
        "query_refund": lambda: channel.query_refund(
            refund.channel_no, pay_channel_no=paid.channel_no, at=NOON
        ),
        "refusal": lambda: channel.refund(refused),
    }
    if other.expected.is_form:
        del ways["pay"]
    answers = [answer_message(name, ask, tape, meaning=as_answer) for name, ask in ways.items()]
    letters = {"payment": payment, "refunded": refunded}
    return answers + [
        letter_message(name, letter, other.channel, meaning=as_letter)
        for name, letter in letters.items()
    ]


def told(name: str, found: Tally, capsys) -> None:
    """Say what was tried, where somebody asked for all of it."""
    if extent.IS_WHOLE:
        with capsys.disabled():
            sys.stdout.write(
                f"\n{name}: {found.tried:,} changed messages, {len(found.accepted)} accepted"
                f" ({found.respelled:,} other spellings of the same; seed {extent.SEED})\n"
            )


@pytest.mark.resends_blindly
def test_a_changed_message_is_never_believed(name, other, mailbox, capsys):
    # Given
    genuine = messages(other, mailbox)
    found = Tally()

    # When
    for message in genuine:
        tries = -(-TRIES // len(genuine))
        more = mutations.tally(message, tries=tries, chance=extent.chance(f"{name} {message.name}"))
        found.tried += more.tried
        found.respelled += more.respelled
        found.accepted += more.accepted

    # Then
    told(name, found, capsys)
    assert found.tried >= TRIES
    assert found.accepted == []


@pytest.mark.parametrize("name", ["wechatpay_certificates"])
def test_changed_certificates_are_never_taken_by_who_has_none_yet(name, other, capsys):
    # Given: only our APIv3 key vouches for what the answer brings
    tape = Tape(other.transport)
    channel = channel_for(replace(other.config, channel_public_key_pem=""), tape)
    message = answer_message(
        "certificates",
        lambda: channel.fetch_certificates(at=NOON),
        tape,
        meaning=mutations.wechat_meaning,
    )

    # When
    chance = extent.chance("certificates")
    found = mutations.tally(message, tries=CERTIFICATE_TRIES, chance=chance)

    # Then
    told("wechatpay certificates", found, capsys)
    assert found.accepted == []


@pytest.mark.parametrize("name", ["unionpay"])
def test_a_changed_certificate_vouches_for_no_key(name, other, mailbox, capsys):
    # Given the certificate that comes with each message
    other.paid_order(at=PAID_AT)
    letter = mailbox.sent_to(other.config.notify_url)
    (pem,) = parse_qs(letter.body.decode())["signPubKeyCert"]
    known = certificates.authorities(other.config.channel_public_key_pem)
    genuine = x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)

    def read(parts):
        body = b64encode(parts["body"]).decode()
        text = f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
        try:
            return certificates.trusted_key(
                text,
                known=known,
                owner=certificates.OWNER,
                bits_min=KEY_BITS_MIN,
                at=letter.arrived_at,
            ).public_numbers()
        except certificates.UntrustedCertificateError:
            return None

    # When
    message = Message("certificate", {"body": genuine}, read, lambda parts: parts["body"])
    chance = extent.chance("certificate")
    found = mutations.tally(message, tries=CERTIFICATE_TRIES, chance=chance)

    # Then
    told("unionpay certificate", found, capsys)
    assert found.accepted == []


def test_an_adapter_that_believed_a_changed_message_would_be_seen():
    # Given one that believes all
    blind = Message("blind", {"body": b"amount=1"}, lambda _parts: "paid", mutations.form_meaning)

    # When
    found = mutations.tally(blind, tries=50, chance=extent.chance("blind"))

    # Then
    assert len(found.accepted) == found.tried == 50
    assert "became" in found.accepted[0]


def test_another_spelling_is_told_from_another_message():
    # Given
    genuine = b'{"a_response":{"b":"1"},"sign":"q/r="}'
    same = (
        b'{"a_response": {"b":"1"} ,"sign":"q\\/r="}',
        b'{"a_response":{"b":"1"},"sign":"q/r="}\n',
    )
    others = (
        b'{"a_response":{"b": "1"},"sign":"q/r="}',
        b'{"a_response":{"b":"1"},"sign":"q/r=="}',
    )

    # Then
    meant = mutations.json_meaning({"body": genuine})
    assert all(mutations.json_meaning({"body": text}) == meant for text in same)
    assert all(mutations.json_meaning({"body": text}) != meant for text in others)


def test_every_channel_says_how_its_messages_are_read():
    assert set(MEANINGS) == {expected.channel for expected in CHANNELS.values()}
