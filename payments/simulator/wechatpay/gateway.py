"""The simulated WeChat Pay v3 (`/v3/…`): what is common to all of its calls."""

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from payments.simulator import signing
from payments.simulator.clock import VirtualClock, wall_ms
from payments.simulator.exchange import Answer, Request, Silence
from payments.simulator.faults import Fault, FaultBook, FaultKind
from payments.simulator.store import Store
from payments.simulator.wechatpay.authentication import authenticated
from payments.simulator.wechatpay.fields import is_writable
from payments.simulator.wechatpay.merchants import Merchant, MerchantBook
from payments.simulator.wechatpay.platform_keys import PlatformKey
from payments.simulator.wechatpay.refusals import CallRefusedError
from payments.simulator.wechatpay.signing import SCHEMA, answer_text, new_nonce

_NUMBER = "(?P<number>[^/]+)"
_TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
_ROUTES = {
    ("POST", "/v3/pay/transactions/native"): "wechat.native",
    ("POST", "/v3/pay/transactions/jsapi"): "wechat.jsapi",
    ("POST", "/v3/pay/transactions/h5"): "wechat.h5",
    ("POST", "/v3/pay/transactions/app"): "wechat.app",
    ("GET", f"/v3/pay/transactions/out-trade-no/{_NUMBER}"): "wechat.query",
    ("GET", f"/v3/pay/transactions/id/{_NUMBER}"): "wechat.query_by_id",
    ("POST", f"/v3/pay/transactions/out-trade-no/{_NUMBER}/close"): "wechat.close",
    ("POST", "/v3/refund/domestic/refunds"): "wechat.refund",
    ("GET", f"/v3/refund/domestic/refunds/{_NUMBER}"): "wechat.refund_query",
    ("POST", f"/v3/refund/domestic/refunds/{_NUMBER}/apply-abnormal-refund"): "wechat.abnormal",
    ("GET", "/v3/certificates"): "wechat.certificates",
    ("GET", "/v3/bill/tradebill"): "wechat.trade_bill",
    ("GET", "/v3/bill/fundflowbill"): "wechat.fund_bill",
    ("GET", "/v3/billdownload/file"): "wechat.bill_file",
    ("POST", "/v3/security/echo"): "wechat.echo",
    ("POST", _TRANSFERS): "wechat.transfer",
    ("GET", f"{_TRANSFERS}/out-bill-no/{_NUMBER}"): "wechat.transfer_query",
    ("POST", f"{_TRANSFERS}/out-bill-no/{_NUMBER}/cancel"): "wechat.transfer_cancel",
}
_UNTOLD = "wechat.unknown"
_BEFORE_THE_DEED = (FaultKind.HTTP_500, FaultKind.SYSTEM_ERROR, FaultKind.FREQUENCY_LIMITED)
_STALE_SECONDS = 10 * 60


@dataclass(frozen=True)
class Call:
    """One request whose signature was verified; `number` is the one in its path, decoded.

    `serial` names the key of WeChat Pay's for which parts of the body are encrypted.
    """

    merchant: Merchant
    number: str
    query: dict[str, str]
    body: bytes
    at_ms: int
    serial: str = ""
    host: str = ""


@dataclass(frozen=True)
class Reply:
    """What a call comes to; without content the answer has no body. A file is not signed."""

    status: int
    content: dict[str, object] | None
    file: bytes | None = None


Method = Callable[[Call], Reply]


@dataclass(frozen=True)
class _Asked:
    """What a request says about itself, whoever sent it; nothing of it is believed yet."""

    request: Request
    name: str
    path_number: str
    number: str
    other_number: str

    @property
    def mchid(self) -> str:
        """The merchant that the request claims to be from."""
        match = re.search(r'mchid="([^"]*)"', self.request.headers.get("authorization", ""))
        return "" if match is None else match.group(1)

    @property
    def timestamp(self) -> int:
        """The second that the request claims to be from; 0 where it does not say."""
        header = self.request.headers.get("authorization", "")
        match = re.search(r'timestamp="([0-9]{1,12})"', header)
        return 0 if match is None else int(match.group(1))


@dataclass(frozen=True)
class Gateway:
    """Answers signed calls as WeChat Pay does: by HTTP status, and the answer signed."""

    store: Store
    clock: VirtualClock
    merchants: MerchantBook
    faults: FaultBook
    methods: Mapping[str, Method]

    def answer(self, request: Request) -> Answer | Silence:
        """Carry one call out, or fail in the way that was ordered for it."""
        asked = _asked(request)
        merchant = self.merchants.find(asked.mchid)
        fault = self.faults.strike(
            notification=False,
            method=asked.name,
            app_id=asked.mchid,
            other_app_id="" if merchant is None else merchant.appid,
            out_trade_no=asked.number,
            other_number=asked.other_number,
        )
        if fault is None:
            return self._signed(self._carry_out(asked), asked=asked)
        return self._answer_with_fault(asked, fault=fault)

    def _answer_with_fault(self, asked: _Asked, *, fault: Fault) -> Answer | Silence:
        kind = fault.kind
        strikes_before = kind in _BEFORE_THE_DEED and not fault.after_commit
        if kind == FaultKind.SLOW:
            time.sleep(fault.wait_ms / 1000)
        if kind == FaultKind.TIMEOUT_BEFORE or strikes_before:
            reply = Reply(status=500, content=None)
            self._record_request(asked, status="none", fault=kind)
        else:
            reply = self._carry_out(asked, fault=kind)

        match kind:
            case FaultKind.TIMEOUT_BEFORE | FaultKind.TIMEOUT_AFTER_COMMIT:
                return Silence(wait_ms=fault.wait_ms)
            case FaultKind.HTTP_500:
                return Answer(status=500, body=b"<html>500</html>", content_type="text/html")
            case FaultKind.SYSTEM_ERROR:
                return self._signed(_refused(CallRefusedError("SYSTEM_ERROR")), asked=asked)
            case FaultKind.FREQUENCY_LIMITED:
                return self._signed(_refused(CallRefusedError("FREQUENCY_LIMITED")), asked=asked)
            case _:
                return self._signed(reply, asked=asked, fault=kind)

    def _carry_out(self, asked: _Asked, *, fault: FaultKind | None = None) -> Reply:
        now_ms = self.clock.now_ms()
        try:
            # Signatures are work: they are checked before the store is held.
            merchant = authenticated(
                asked.request, find_merchant=self.merchants.find, now_ms=now_ms
            )
        except CallRefusedError as refusal:
            self._record_request(asked, status=refusal.status, code=refusal.code, fault=fault)
            return _refused(refusal)

        call = Call(
            merchant=merchant,
            number=asked.path_number,
            query=dict(parse_qsl(asked.request.query, keep_blank_values=True)),
            body=asked.request.body,
            at_ms=now_ms,
            serial=asked.request.headers.get("wechatpay-serial", ""),
            host=asked.request.headers.get("host", ""),
        )
        with self.store.transaction():
            code: str | None = None
            try:
                reply = self._method(asked.name)(call)
            except CallRefusedError as refusal:
                reply, code = _refused(refusal), refusal.code
            self._record_request(asked, status=reply.status, code=code, fault=fault)
        return reply

    def _method(self, name: str) -> Method:
        method = self.methods.get(name)
        if method is None:
            raise CallRefusedError("NOT_FOUND")
        return method

    def _record_request(
        self,
        asked: _Asked,
        *,
        status: int | str,
        code: str | None = None,
        fault: FaultKind | None,
    ) -> None:
        self.store.record_effect(
            "request",
            at_ms=self.clock.now_ms(),
            owner=asked.mchid or None,
            method=asked.name,
            number=asked.number or None,
            digest=hashlib.sha256(asked.request.body).hexdigest(),
            code=str(status),
            sub_code=code,
            fault=None if fault is None else fault.value,
        )

    def _signed(self, reply: Reply, *, asked: _Asked, fault: FaultKind | None = None) -> Answer:
        if reply.file is not None:
            return Answer(status=200, body=reply.file, content_type="application/octet-stream")
        body = b"" if reply.content is None else _json(reply.content)
        merchant = self.merchants.find(asked.mchid)
        headers: tuple[tuple[str, str], ...] = (("Request-ID", new_nonce().upper()),)
        if merchant is not None and fault != FaultKind.UNSIGNED_ANSWER:
            seconds = _callers_seconds(asked.timestamp, now_ms=self.clock.now_ms())
            if fault == FaultKind.STALE_ANSWER:
                seconds -= _STALE_SECONDS
            named = asked.request.headers.get("wechatpay-serial", "")
            key = merchant.answering_key(named, at_ms=self.clock.now_ms())
            if fault == FaultKind.BAD_SIGNATURE:
                key = PlatformKey(key.serial, signing.new_private_key(), None)
            headers += signature_headers(body, key=key, seconds=seconds)
        if fault == FaultKind.TRUNCATED_JSON:
            body = body[: len(body) // 2]
        return Answer(status=reply.status, body=body, headers=headers)


def signature_headers(
    body: bytes, *, key: PlatformKey, seconds: int, prefix: str = ""
) -> tuple[tuple[str, str], ...]:
    """Sign a body as WeChat Pay signs its answers and notices; `seconds` since 1970."""
    nonce = new_nonce()
    text = answer_text(timestamp=seconds, nonce=nonce, body=body)
    return (
        ("Wechatpay-Timestamp", str(seconds)),
        ("Wechatpay-Nonce", nonce),
        ("Wechatpay-Signature", prefix + signing.signature_of(text, key=key.key)),
        ("Wechatpay-Signature-Type", SCHEMA),
        ("Wechatpay-Serial", key.serial),
    )


def _asked(request: Request) -> _Asked:
    name, path_number = _UNTOLD, ""
    for (method, pattern), route in _ROUTES.items():
        match = re.fullmatch(pattern, request.path)
        if match is not None and method == request.method:
            name, path_number = route, unquote(match.groupdict().get("number") or "")
    out_trade_no, out_refund_no, out_bill_no = _body_numbers(request.body)
    return _Asked(
        request=request,
        name=name,
        path_number=path_number,
        # An abnormal refund's address has WeChat's own number of it, its body has the merchant's.
        number=out_bill_no or out_refund_no or path_number or out_trade_no,
        other_number=out_trade_no,
    )


def _body_numbers(body: bytes) -> tuple[str, str, str]:
    try:
        fields = json.loads(body)
    except ValueError:
        return "", "", ""
    if not isinstance(fields, dict):
        return "", "", ""
    out_trade_no, out_refund_no, out_bill_no = (
        number if isinstance(number, str) and is_writable(number) else ""
        for number in map(fields.get, ("out_trade_no", "out_refund_no", "out_bill_no"))
    )
    return out_trade_no, out_refund_no, out_bill_no


def _callers_seconds(asked_seconds: int, *, now_ms: int) -> int:
    """Answer in the time that the caller lives in, simulated or real: the nearer to its own."""
    times = (wall_ms() // 1000, now_ms // 1000)
    return min(times, key=lambda seconds: abs(seconds - asked_seconds))


def _refused(refusal: CallRefusedError) -> Reply:
    return Reply(status=refusal.status, content=refusal.content())


def _json(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
