"""The simulated Alipay gateway (`gateway.do`): what is common to all of its methods."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from payments.simulator import signing
from payments.simulator.alipay.apps import App, AppBook
from payments.simulator.alipay.refusals import GatewayRefusedError, Node
from payments.simulator.clock import VirtualClock, shanghai_ms, wall_ms
from payments.simulator.exchange import Answer, Request, Silence
from payments.simulator.faults import Fault, FaultBook, FaultKind
from payments.simulator.store import Store

_TIMESTAMP_SPREAD_MS = 15 * 60 * 1000
_REQUIRED = {
    "sign_type": "isv.missing-signature-type",
    "sign": "isv.missing-signature",
    "timestamp": "isv.missing-timestamp",
    "version": "isv.missing-version",
    "charset": "isv.missing-charset",
}
_ORDER_NUMBER = ("out_trade_no",)
_OUR_NUMBERS = ("out_request_no", "out_biz_no", *_ORDER_NUMBER)


@dataclass(frozen=True)
class Call:
    """One request whose signature was verified; `host` is the one that was asked."""

    app: App
    params: dict[str, str]
    biz: dict[str, object]
    notify_url: str
    at_ms: int
    host: str = ""


Method = Callable[[Call], Node]


@dataclass(frozen=True)
class Gateway:
    """Answers signed calls as Alipay does: HTTP 200 whatever happened, the answer signed."""

    store: Store
    clock: VirtualClock
    apps: AppBook
    faults: FaultBook
    methods: Mapping[str, Method]

    def answer(self, request: Request) -> Answer | Silence:
        """Carry one call out, or fail in the way that was ordered for it."""
        params, host = params_of(request), request.headers.get("host", "")
        fault = self.faults.strike(
            notification=False,
            method=params.get("method", ""),
            app_id=params.get("app_id", ""),
            out_trade_no=_number(params) or "",
            other_number=_number(params, names=_ORDER_NUMBER) or "",
        )
        if fault is None:
            return _json(self._carry_out(params, host=host)[0])
        return self._answer_with_fault(params, host=host, fault=fault)

    def _answer_with_fault(
        self, params: dict[str, str], *, host: str, fault: Fault
    ) -> Answer | Silence:
        kind = fault.kind
        strikes_before = (
            kind in (FaultKind.HTTP_500, FaultKind.SYSTEM_ERROR) and not fault.after_commit
        )
        if kind == FaultKind.SLOW:
            time.sleep(fault.wait_ms / 1000)
        if kind == FaultKind.TIMEOUT_BEFORE or strikes_before:
            text, app = "", self.apps.find(params.get("app_id", ""))
            self._record_request(params, code="none", fault=kind)
        else:
            text, app = self._carry_out(params, host=host, fault=kind)

        match kind:
            case FaultKind.TIMEOUT_BEFORE | FaultKind.TIMEOUT_AFTER_COMMIT:
                return Silence(wait_ms=fault.wait_ms)
            case FaultKind.HTTP_500:
                return Answer(status=500, body=b"<html>500</html>", content_type="text/html")
            case FaultKind.SYSTEM_ERROR:
                is_fund = params.get("method", "").startswith("alipay.fund.")
                refusal = GatewayRefusedError("SYSTEM_ERROR" if is_fund else "ACQ.SYSTEM_ERROR")
                return _json(self._enveloped(params, refusal.node(), app=app))
            case FaultKind.BAD_SIGNATURE:
                return _json(_signed_by_another(text))
            case FaultKind.TRUNCATED_JSON:
                return _json(text[: len(text) // 2])
            case _:
                return _json(text)

    def _carry_out(
        self, params: dict[str, str], *, host: str, fault: FaultKind | None = None
    ) -> tuple[str, App | None]:
        app = self.apps.find(params.get("app_id", ""))
        try:
            # Signatures are work: they are checked before the store is held.
            call = verified_call(params, app=app, now_ms=self.clock.now_ms())
        except GatewayRefusedError as refusal:
            node = refusal.node()
            self._record_request(params, code=refusal.code, node=node, fault=fault)
            return self._enveloped(params, node, app=app), app

        with self.store.transaction():
            try:
                node = self._method(call)(replace(call, host=host))
            except GatewayRefusedError as refusal:
                node = refusal.node()
            self._record_request(call.params, code=str(node["code"]), node=node, fault=fault)
        return self._enveloped(call.params, node, app=app), app

    def _enveloped(self, params: Mapping[str, str], node: Node, *, app: App | None) -> str:
        """Sign an answer with the key that signs for the application now."""
        signer = None if app is None else self.apps.signer(app, at_ms=self.clock.now_ms())
        return _envelope(params, node, app=signer)

    def _method(self, call: Call) -> Method:
        method = self.methods.get(call.params["method"])
        if method is None:
            raise GatewayRefusedError("isv.invalid-method")
        return method

    def _record_request(
        self,
        params: Mapping[str, str],
        *,
        code: str,
        node: Node | None = None,
        fault: FaultKind | None,
    ) -> None:
        sub_code = (node or {}).get("sub_code")
        self.store.record_effect(
            "request",
            at_ms=self.clock.now_ms(),
            owner=params.get("app_id"),
            method=params.get("method"),
            number=_number(params),
            digest=hashlib.sha256(params.get("biz_content", "").encode()).hexdigest(),
            code=code,
            sub_code=None if sub_code is None else str(sub_code),
            fault=None if fault is None else fault.value,
        )


def success(**fields: object) -> Node:
    """Write an answer of code 10000, which says only that the call was understood."""
    return {"code": "10000", "msg": "Success", **fields}


def params_of(request: Request) -> dict[str, str]:
    """Join the query and the form, as official SDKs split them; nothing if not readable."""
    try:
        pairs = [
            pair
            for text in (request.query, request.body.decode("utf-8"))
            for pair in parse_qsl(text, keep_blank_values=True, errors="strict")
        ]
    except ValueError:
        return {}
    params = dict(pairs)
    return params if len(params) == len(pairs) else {}


def verified_call(
    params: dict[str, str], *, app: App | None, now_ms: int, is_carried: bool = False
) -> Call:
    """Check a call's parameters and signature; Raises GatewayRefusedError.

    One that is carried by a payer comes when the payer does: not its timestamp, but the expiry
    of the order in it ends its life.
    """
    if not params:
        raise GatewayRefusedError("isv.invalid-parameter")
    if not params.get("method"):
        raise GatewayRefusedError("isv.missing-method")
    if not params.get("app_id"):
        raise GatewayRefusedError("isv.missing-app-id")
    if app is None:
        raise GatewayRefusedError("isv.invalid-app-id")
    _require_common_params(params)
    _require_certificates(params, app=app)
    text = signing.request_text(params)
    if not signing.is_signed(text, signature=params["sign"], key=app.public_key):
        raise GatewayRefusedError("isv.invalid-signature")
    if not is_carried:
        _require_timely(params["timestamp"], now_ms=now_ms)
    biz = _biz(params)
    if biz is None:
        raise GatewayRefusedError("isv.invalid-parameter", field="biz_content")
    notify_url = params.get("notify_url", "")
    if notify_url and not notify_url.startswith(("http://", "https://")):
        raise GatewayRefusedError("isv.invalid-parameter", field="notify_url")
    return Call(app=app, params=params, biz=biz, notify_url=notify_url, at_ms=now_ms)


def _require_common_params(params: Mapping[str, str]) -> None:
    for name, sub_code in _REQUIRED.items():
        if not params.get(name):
            raise GatewayRefusedError(sub_code)
    if params["sign_type"] != "RSA2":
        raise GatewayRefusedError("isv.invalid-signature-type")
    if params["charset"].lower() != "utf-8" or params["version"] != "1.0":
        raise GatewayRefusedError("isv.invalid-parameter", field="charset, version")
    if params.get("format", "JSON").upper() != "JSON":
        raise GatewayRefusedError("isv.invalid-format")


def _require_certificates(params: Mapping[str, str], *, app: App) -> None:
    """Refuse calls of an application in certificate mode that name other certificates."""
    if app.certificates is None:
        return
    app_cert_sn, root_cert_sn = params.get("app_cert_sn"), params.get("alipay_root_cert_sn")
    if not app_cert_sn:
        raise GatewayRefusedError("isv.missing-app-cert-sn")
    if not root_cert_sn:
        raise GatewayRefusedError("isv.missing-alipay-root-cert-sn")
    if app_cert_sn != app.certificates.app_cert_sn:
        raise GatewayRefusedError("isv.app-cert-not-exist")
    if root_cert_sn != app.certificates.root_cert_sn:
        raise GatewayRefusedError("isv.invalid-alipay-root-cert-sn")


def _require_timely(timestamp: str, *, now_ms: int) -> None:
    """Accept what is near the simulated or the real time: callers may live in either."""
    try:
        sent_ms = shanghai_ms(timestamp)
    except ValueError as error:
        raise GatewayRefusedError("isv.invalid-timestamp") from error
    if min(abs(sent_ms - now_ms), abs(sent_ms - wall_ms())) > _TIMESTAMP_SPREAD_MS:
        raise GatewayRefusedError("isv.invalid-timestamp")


def _biz(params: Mapping[str, str]) -> dict[str, object] | None:
    try:
        biz = json.loads(params.get("biz_content", ""))
    except ValueError:
        return None
    return biz if isinstance(biz, dict) else None


def _number(params: Mapping[str, str], *, names: tuple[str, ...] = _OUR_NUMBERS) -> str | None:
    """Find the merchant's number that a call is about: a refund's rather than its trade's."""
    biz = _biz(params) or {}
    numbers = (number for name in names if isinstance(number := biz.get(name), str) and number)
    return next(numbers, None)


def _envelope(params: Mapping[str, str], node: Node, *, app: App | None) -> str:
    # Alipay escapes slashes, so a caller that writes the node again before it verifies the
    # signature fails here as it would there.
    text = json.dumps(node, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
    if app is None or not params.get("method"):
        return f'{{"error_response":{text}}}'
    name = params["method"].replace(".", "_") + "_response"
    signature = signing.signature_of(text.encode(), key=app.alipay_key)
    foot = f'"sign":"{signature}"'
    if app.certificates is not None:
        foot += f',"alipay_cert_sn":"{app.certificates.alipay_cert_sn}"'
    return f"{{{json.dumps(name)}:{text},{foot}}}"


def _signed_by_another(text: str) -> str:
    head, _, tail = text.rpartition(',"sign":"')
    node = head.partition(":")[2]
    other = signing.signature_of(node.encode(), key=signing.new_private_key())
    foot = tail.partition('"')[2]
    return f'{head},"sign":"{other}"{foot}'


def _json(text: str) -> Answer:
    return Answer(status=200, body=text.encode(), content_type="application/json;charset=utf-8")
