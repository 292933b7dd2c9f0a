"""Change one byte of a message that a channel signed, and see whether it is believed still.

What a change leaves as it was is told by an independent reading of each wire format, not by the
adapters: a form may write a blank as `+` or `%20` and a hexadecimal digit in either case, JSON has
blanks around what is signed and may write the slashes of a signature as `\\/`, a text of UnionPay's
ends with or without a line, and WeChat Pay's serials have any case and zeros before them. All else
is another message, and must be refused.
"""

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from payments.channels import base
from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    Outcome,
    OutcomeKind,
)
from payments.channels.transport import Answer, Transport
from tests.contracts.mailbox import Letter

Parts = Mapping[str, bytes]
"""A message taken apart: its `body`, and the headers that vouch for it."""

DISBELIEF = (base.BAD_SIGNATURE, base.UNREADABLE_ANSWER, base.HTTP_STATUS, base.OTHER_NUMBER)
SIGNED_HEADERS = tuple(
    f"wechatpay-{name}" for name in ("signature", "timestamp", "nonce", "serial", "signature-type")
)
_BODY_PERCENT = 60


@dataclass(frozen=True)
class Message:
    """One genuine message. `read` gives what is made of it, or None if it is not believed.

    `meaning` is the independent reading: equal for two spellings of the same message.
    """

    name: str
    parts: Parts
    read: Callable[[Parts], object]
    meaning: Callable[[Parts], object]


@dataclass
class Tally:
    """What became of the changes."""

    tried: int = 0
    respelled: int = 0
    accepted: list[str] = field(default_factory=list)


class Tape:
    """A transport that keeps what was answered, and plays an answer instead when there is one."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.heard: list[Answer] = []
        self.played: list[Answer] = []

    def __getattr__(self, name: str) -> Callable[..., Answer]:
        def exchange(*args: object, **kwargs: object) -> Answer:
            if self.played:
                return self.played.pop(0)
            self.heard.append(getattr(self._transport, name)(*args, **kwargs))
            return self.heard[-1]

        return exchange


def answer_message(
    name: str, ask: Callable[[], object], tape: Tape, *, meaning: Callable[[Parts], object]
) -> Message:
    """Ask once for real; the message is the (first) answer, and reading it is asking again."""
    tape.heard.clear()
    ask()
    first, *more = tape.heard

    def read(parts: Parts) -> object:
        headers = {name: text.decode("latin-1") for name, text in parts.items() if name != "body"}
        changed = replace(first, body=parts["body"], headers={**first.headers, **headers})
        tape.played = [changed, *more]
        outcome = ask()
        tape.played = []
        if not isinstance(outcome, Outcome):
            return outcome
        is_believed = outcome.kind is not OutcomeKind.UNKNOWN or outcome.code not in DISBELIEF
        # The raw text is kept as evidence, in whatever spelling it came.
        return replace(outcome, raw="") if is_believed else None

    return Message(name, _parts(first.body, first.headers), read, meaning)


def letter_message(
    name: str, letter: Letter, channel: base.Channel, *, meaning: Callable[[Parts], object]
) -> Message:
    """Make a message of a notification; reading it is verifying it as it arrived."""

    def read(parts: Parts) -> object:
        headers = {name: text.decode("latin-1") for name, text in parts.items() if name != "body"}
        kept = {
            name: text
            for name, text in letter.headers.items()
            if name.lower() not in SIGNED_HEADERS
        }
        try:
            return channel.verify_notification(
                headers={**kept, **headers}, body=parts["body"], at=letter.arrived_at
            )
        except (ForgedNotificationError, MalformedNotificationError):
            return None

    return Message(name, _parts(letter.body, letter.headers), read, meaning)


def tally(message: Message, *, tries: int, chance: random.Random) -> Tally:
    """Change a message so often that it is another one, and note what was believed of that."""
    genuine, meant = message.read(message.parts), message.meaning(message.parts)
    assert genuine is not None, f"{message.name} is not believed as it came"
    found = Tally()
    while found.tried < tries:
        part, changed = mutant(message.parts, chance=chance)
        made_of_it = message.read(changed)
        if message.meaning(changed) == meant:
            found.respelled += 1
            assert made_of_it in (None, genuine), f"{message.name}: another spelling {changed}"
            continue
        found.tried += 1
        if made_of_it is not None:
            was, is_now = message.parts[part], changed[part]
            found.accepted.append(f"{message.name}: {part} {was!r} became {is_now!r}")
    return found


def mutant(parts: Parts, *, chance: random.Random) -> tuple[str, Parts]:
    """Change one byte somewhere: flip a bit, put another in its place, insert or leave out one."""
    headers = [name for name in parts if name != "body"]
    is_body = not headers or (parts["body"] and chance.randrange(100) < _BODY_PERCENT)
    part = "body" if is_body else chance.choice(headers)
    return part, {**parts, part: changed_byte(parts[part], chance=chance)}


def changed_byte(text: bytes, *, chance: random.Random) -> bytes:
    """Change one byte of a text, which is not empty."""
    place = chance.randrange(len(text))
    old = text[place]
    way = chance.choice(("flip", "replace", "insert", "delete"))
    if way == "insert":
        return text[:place] + bytes([chance.randrange(256)]) + text[place:]
    new = {
        "flip": bytes([old ^ (1 << chance.randrange(8))]),
        "replace": bytes([(old + chance.randrange(1, 256)) % 256]),
        "delete": b"",
    }[way]
    return text[:place] + new + text[place + 1 :]


def form_meaning(parts: Parts) -> object:
    """Read a form as bytes."""
    text = parts["body"].decode("latin-1")
    return parse_qsl(text, keep_blank_values=True, encoding="latin-1", separator="&"), text.count(
        "&"
    )


def json_meaning(parts: Parts) -> object:
    """Read an answer of Alipay's: spelling counts inside what is signed, and nowhere else."""
    body = parts["body"]
    found = re.fullmatch(
        rb'[ \t\r\n]*(\{.*?:)[ \t\r\n]*(\{.*\})[ \t\r\n]*(,[ \t\r\n]*"sign".*)', body, re.DOTALL
    )
    if found is None:
        return body
    head, node, foot = found.groups()
    try:
        around = json.loads((head + b"0" + foot).decode("utf-8"), object_pairs_hook=tuple)
    except ValueError:
        return body
    return around, node


def row_meaning(parts: Parts) -> object:
    """Read an answer of UnionPay's: the end of the line is none of it."""
    return parts["body"].strip(b"\r\n")


def wechat_meaning(parts: Parts) -> object:
    """Read a message of WeChat Pay's: the serial of a certificate is a number, in hexadecimal."""
    serial = parts["wechatpay-serial"]
    if re.fullmatch(rb"[0-9A-Fa-f]{1,64}", serial):
        serial = serial.upper().lstrip(b"0")
    return {**parts, "wechatpay-serial": serial}


def _parts(body: bytes, headers: Mapping[str, str]) -> Parts:
    lower = {name.lower(): text.encode("latin-1") for name, text in headers.items()}
    return {"body": body, **{name: lower[name] for name in SIGNED_HEADERS if name in lower}}
