"""The simulated UnionPay gateway 5.1.0: what is common to all messages, and what faults do."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payments.simulator import signing
from payments.simulator.clock import VirtualClock
from payments.simulator.exchange import Answer, Request, Silence
from payments.simulator.faults import Fault, FaultBook, FaultKind
from payments.simulator.store import Store
from payments.simulator.unionpay.merchants import Merchant, MerchantBook, Seal
from payments.simulator.unionpay.signing import (
    Fields,
    answer_bytes,
    form_fields,
    is_signed_by,
    sealed,
)

API = "/unionpay/gateway/api"
FILES = "/filedownload/"
FRONT = "unionpay.front"
_BEFORE_THE_DEED = (FaultKind.HTTP_500, FaultKind.SYSTEM_ERROR)
_NAMES = {
    f"{API}/frontTransReq.do": {"01": FRONT, "02": FRONT},
    f"{API}/backTransReq.do": {
        "03": "unionpay.capture",
        "04": "unionpay.refund",
        "31": "unionpay.void",
        "32": "unionpay.void",
        "33": "unionpay.void",
    },
    f"{API}/queryTrans.do": {"00": "unionpay.query"},
    FILES: {"76": "unionpay.file"},
}
_REQUIRED = ("certId", "txnType", "txnSubType", "bizType", "merId", "txnTime", "signature")
_ECHOED = ("merId", "orderId", "txnTime", "txnType", "txnSubType", "bizType", "accessType")
MESSAGES = {
    "00": "成功[0000000]",
    "03": "交易通讯超时，请发起查询交易",
    "05": "交易已受理，请稍后查询交易结果",
    "10": "报文格式错误",
    "11": "验证签名失败",
    "12": "重复交易",
    "13": "报文交易要素缺失",
    "31": "商户状态不正确",
    "32": "无此交易权限",
    "34": "查无此交易",
    "35": "原交易不存在或状态不正确",
    "36": "与原交易信息不符",
    "64": "卡上的余额不足",
    "69": "您的输入超时，交易失败",
    "70": "交易已跳转，等待持卡人输入",
    "98": "文件不存在",
    "99": "通用错误",
    "A6": "有缺陷的成功",
}


class MessageRefusedError(Exception):
    """A message that comes to nothing; `code` is its respCode."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Call:
    """One message whose signature was verified."""

    merchant: Merchant
    fields: Fields
    at_ms: int


Method = Callable[[Call], Fields]
Page = Callable[[Call], Answer]


@dataclass(frozen=True)
class Gateway:
    """Answers signed messages as UnionPay does: HTTP 200, the answer signed, no card in it."""

    store: Store
    clock: VirtualClock
    merchants: MerchantBook
    faults: FaultBook
    methods: Mapping[str, Method]
    front: Page

    def answer(self, request: Request) -> Answer | Silence:
        """Carry one message out, or fail in the way that was ordered for it."""
        fields = form_fields(request.body)
        name = _NAMES.get(request.path, {}).get(fields.get("txnType", ""), "unionpay.unknown")
        fault = self.faults.strike(
            notification=False,
            method=name,
            app_id=fields.get("merId", ""),
            out_trade_no=fields.get("orderId", ""),
        )
        if name == FRONT:
            return self._front(fields, fault=fault)
        if fault is None:
            seal = self.merchants.seal_at(self.clock.now_ms())
            return _written(self._carried_out(name, fields), seal=seal)
        return self._answer_with_fault(name, fields, fault=fault)

    def _front(self, fields: Fields, *, fault: Fault | None) -> Answer | Silence:
        """Open the page for a payer, who is shown in words what is wrong with the order."""
        if fault is not None:
            self._record(FRONT, fields, code="none", fault=fault.kind)
            return Silence(wait_ms=fault.wait_ms)
        try:
            call = self._verified(fields)
            with self.store.transaction():
                answer = self.front(call)
                self._record(FRONT, fields, code="00", fault=None)
        except MessageRefusedError as refusal:
            self._record(FRONT, fields, code=refusal.code, fault=None)
            text = f"{refusal.code} {MESSAGES.get(refusal.code, '')}"
            return Answer(status=200, body=text.encode(), content_type="text/plain; charset=utf-8")
        return answer

    def _answer_with_fault(self, name: str, fields: Fields, *, fault: Fault) -> Answer | Silence:
        kind = fault.kind
        strikes_before = kind in _BEFORE_THE_DEED and not fault.after_commit
        if kind == FaultKind.SLOW:
            time.sleep(fault.wait_ms / 1000)
        if kind == FaultKind.TIMEOUT_BEFORE or strikes_before:
            told: Fields = {}
            self._record(name, fields, code="none", fault=kind)
        else:
            told = self._carried_out(name, fields, fault=kind)

        seal = self.merchants.seal_at(self.clock.now_ms())
        match kind:
            case FaultKind.TIMEOUT_BEFORE | FaultKind.TIMEOUT_AFTER_COMMIT:
                return Silence(wait_ms=fault.wait_ms)
            case FaultKind.HTTP_500:
                return Answer(status=500, body=b"<html>500</html>", content_type="text/html")
            case FaultKind.SYSTEM_ERROR:
                return _written(_refused(fields, code="99"), seal=seal)
            case FaultKind.BAD_SIGNATURE:
                return _written(told, seal=forged(seal))
            case FaultKind.TRUNCATED_JSON:
                whole = _written(told, seal=seal)
                return Answer(status=200, body=whole.body[: len(whole.body) // 2])
            case _:
                return _written(told, seal=seal)

    def _carried_out(self, name: str, fields: Fields, *, fault: FaultKind | None = None) -> Fields:
        try:
            # Signatures are work: they are checked before the store is held.
            call = self._verified(fields)
            with self.store.transaction():
                try:
                    told = self._method(name)(call)
                except MessageRefusedError as refusal:
                    told = _refused(fields, code=refusal.code)
                self._record(name, fields, code=told["respCode"], fault=fault)
        except MessageRefusedError as refusal:
            told = _refused(fields, code=refusal.code)
            self._record(name, fields, code=refusal.code, fault=fault)
        return told

    def _method(self, name: str) -> Method:
        if name not in self.methods:
            raise MessageRefusedError("10")
        return self.methods[name]

    def _verified(self, fields: Fields) -> Call:
        if any(not fields.get(name) for name in _REQUIRED):
            raise MessageRefusedError("13")
        if (fields.get("version"), fields.get("encoding")) != ("5.1.0", "UTF-8"):
            raise MessageRefusedError("10")
        merchant = self.merchants.find(fields["merId"])
        if merchant is None:
            raise MessageRefusedError("31")
        if fields.get("signMethod") != "01" or fields["certId"] != merchant.cert_id:
            raise MessageRefusedError("11")
        if not is_signed_by(fields, key=merchant.public_key):
            raise MessageRefusedError("11")
        return Call(merchant=merchant, fields=fields, at_ms=self.clock.now_ms())

    def _record(
        self, name: str, fields: Mapping[str, str], *, code: str, fault: FaultKind | None
    ) -> None:
        unsigned = {key: text for key, text in fields.items() if key != "signature"}
        self.store.record_effect(
            "request",
            at_ms=self.clock.now_ms(),
            owner=fields.get("merId"),
            method=name,
            number=fields.get("orderId"),
            digest=hashlib.sha256(repr(sorted(unsigned.items())).encode()).hexdigest(),
            code=code,
            fault=None if fault is None else fault.value,
        )


def told(call: Call, *, code: str, **more: str) -> Fields:
    """Answer a message that was understood, repeating what it was about."""
    return {**_refused(call.fields, code=code), **more}


def forged(seal: Seal) -> Seal:
    """Pretend to be UnionPay: its certificate, and a key of somebody else."""
    return Seal(signing.new_private_key(), seal.certificate_pem, seal.authorities_pem)


def _refused(fields: Mapping[str, str], *, code: str) -> Fields:
    echo = {name: fields[name] for name in _ECHOED if name in fields}
    words = MESSAGES.get(code, "交易失败")
    return {"version": "5.1.0", "encoding": "UTF-8", **echo, "respCode": code, "respMsg": words}


def _written(fields: Fields, *, seal: Seal) -> Answer:
    body = answer_bytes(sealed(fields, seal=seal))
    return Answer(status=200, body=body, content_type="text/html;charset=UTF-8")
