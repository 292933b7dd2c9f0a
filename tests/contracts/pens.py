"""Write what a channel writes, signed with its own keys, though it would never write it.

The keys are read from the simulator's own file, and its own code signs: what comes of it is as
authentic as a message can be. Begin with a genuine message, and change a field of it.
"""

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from payments.channels.transport import Answer
from payments.simulator import signing
from payments.simulator.alipay.apps import AppBook
from payments.simulator.clock import wall_ms
from payments.simulator.store import Store
from payments.simulator.unionpay import signing as unionpay_signing
from payments.simulator.unionpay.merchants import MerchantBook
from payments.simulator.wechatpay import merchants as wechatpay_merchants
from payments.simulator.wechatpay.gateway import signature_headers
from payments.simulator.wechatpay.signing import encrypted_resource
from tests.contracts.mailbox import Letter

Changes = Mapping[str, object]
"""New values by the names of fields, `amount.total` for one in an object; None leaves it out."""


@dataclass(frozen=True)
class Pen(ABC):
    """Writes in the name of a channel, to the account that it knows by `owner`."""

    store: Store
    owner: str

    @abstractmethod
    def said(self, letter: Letter) -> dict[str, Any]:
        """Read what a genuine notification says."""

    @abstractmethod
    def letter(self, letter: Letter, changes: Changes, *, by: "Pen | None" = None) -> Letter:
        """Write a notification again with fields changed; `by` signs with another's keys."""

    @abstractmethod
    def answer(self, answer: Answer, changes: Changes, *, by: "Pen | None" = None) -> Answer:
        """Write an answer again with fields changed; `by` signs with another's keys."""


class AlipayPen(Pen):
    """Alipay's, to an application in key mode."""

    @property
    def _key(self) -> Any:
        app = AppBook(self.store).find(self.owner)
        assert app is not None
        return app.alipay_key

    def said(self, letter: Letter) -> dict[str, Any]:
        return dict(parse_qsl(letter.body.decode(), keep_blank_values=True))

    def letter(self, letter: Letter, changes: Changes, *, by: Pen | None = None) -> Letter:
        params = changed(self.said(letter), {"sign": None, "sign_type": None, **changes})
        signer = by or self
        assert isinstance(signer, AlipayPen)
        signature = signing.signature_of(signing.notification_text(params), key=signer._key)
        body = urlencode({**params, "sign_type": "RSA2", "sign": signature}).encode()
        return replace(letter, body=body)

    def answer(self, answer: Answer, changes: Changes, *, by: Pen | None = None) -> Answer:
        whole = json.loads(answer.body)
        (name,) = (name for name in whole if name.endswith("_response"))
        node = changed(whole[name], changes)
        text = json.dumps(node, ensure_ascii=False, separators=(",", ":"))
        signer = by or self
        assert isinstance(signer, AlipayPen)
        signature = signing.signature_of(text.encode(), key=signer._key)
        return replace(answer, body=f'{{"{name}":{text},"sign":"{signature}"}}'.encode())


class WechatPayPen(Pen):
    """WeChat Pay's. Fields of the outside of a notification are told by their names."""

    OUTSIDE = frozenset({"id", "event_type", "resource_type", "summary", "create_time"})

    @property
    def _merchant(self) -> wechatpay_merchants.Merchant:
        merchant = wechatpay_merchants.MerchantBook(self.store).find(self.owner)
        assert merchant is not None
        return merchant

    def said(self, letter: Letter) -> dict[str, Any]:
        event = json.loads(letter.body)
        resource = event.pop("resource")
        opened = AESGCM(self._merchant.api_v3_key.encode()).decrypt(
            resource["nonce"].encode(),
            base64.b64decode(resource["ciphertext"]),
            resource["associated_data"].encode(),
        )
        return {**event, **json.loads(opened)}

    def letter(self, letter: Letter, changes: Changes, *, by: Pen | None = None) -> Letter:
        said = changed(self.said(letter), changes)
        outside = {name: said.pop(name) for name in self.OUTSIDE if name in said}
        about = str(outside["event_type"]).partition(".")[0].lower()
        outside["resource"] = {
            "original_type": about,
            **encrypted_resource(
                json.dumps(said).encode(),
                associated_data=about,
                api_v3_key=self._merchant.api_v3_key,
            ),
        }
        signer = by or self
        assert isinstance(signer, WechatPayPen)
        body = json.dumps(outside).encode()
        headers = signature_headers(
            body, key=signer._merchant.platform_key, seconds=wall_ms() // 1_000
        )
        return replace(letter, body=body, headers={**letter.headers, **dict(headers)})

    def answer(self, answer: Answer, changes: Changes, *, by: Pen | None = None) -> Answer:
        body = json.dumps(changed(json.loads(answer.body), changes)).encode()
        signer = by or self
        assert isinstance(signer, WechatPayPen)
        headers = signature_headers(
            body,
            key=signer._merchant.platform_key,
            seconds=int(answer.headers["wechatpay-timestamp"]),
        )
        lower = {name.lower(): text for name, text in headers}
        return replace(answer, body=body, headers={**answer.headers, **lower})


class UnionPayPen(Pen):
    """UnionPay's: one key for all merchants."""

    def said(self, letter: Letter) -> dict[str, Any]:
        return dict(parse_qsl(letter.body.decode(), keep_blank_values=True))

    def letter(self, letter: Letter, changes: Changes, *, by: Pen | None = None) -> Letter:
        fields = _sealed(changed(self.said(letter), changes), by=by or self)
        return replace(letter, body=urlencode(fields).encode())

    def answer(self, answer: Answer, changes: Changes, *, by: Pen | None = None) -> Answer:
        pairs = (part.partition("=") for part in answer.body.decode().split("&"))
        fields = changed({name: text for name, _equals, text in pairs}, changes)
        return replace(answer, body=unionpay_signing.answer_bytes(_sealed(fields, by=by or self)))


def _sealed(fields: Mapping[str, str], *, by: Pen) -> dict[str, str]:
    return unionpay_signing.sealed(fields, seal=MerchantBook(by.store).seal)


PENS = {"alipay": AlipayPen, "wechatpay": WechatPayPen, "unionpay": UnionPayPen}


def pen_of(channel: str, *, owner: str, folder: Path) -> Pen:
    """Give the pen of a channel; `folder` is that of the simulator's own file."""
    return PENS[channel](Store(folder / "simulator.sqlite3"), owner)


def changed(fields: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Change fields, also of an object in them, and leave some out."""
    made = dict(fields)
    for name, value in changes.items():
        first, _dot, inner = name.partition(".")
        if inner:
            made[first] = changed(made.get(first, {}), {inner: value})
        elif value is None:
            made.pop(first, None)
        else:
            made[first] = value
    return made
