"""A merchant's side of WeChat Pay v3, written anew: nothing here knows how our adapters work."""

import base64
import itertools
import json
import queue
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.payments.simulator.wire import (
    MERCHANT_KEY,
    SimulatorProcess,
    is_signed,
    public_pem,
    sign,
)

API_V3_KEY = "0123456789abcdefGHIJKLMNOPQRSTUV"
SERIAL_NO = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
NATIVE = "/v3/pay/transactions/native"
REFUNDS = "/v3/refund/domestic/refunds"
NOWHERE = "http://127.0.0.1:9/notices"

_numbers = itertools.count(1)


def real_seconds() -> int:
    # The other process compares with real time too.
    return int(datetime.now(UTC).timestamp())  # noqa: TID251


def new_mchid() -> str:
    return f"19{next(_numbers):08d}"


def decrypted(resource: Mapping[str, str], *, key: str = API_V3_KEY) -> bytes:
    assert resource["algorithm"] == "AEAD_AES_256_GCM"
    sealed = base64.b64decode(resource["ciphertext"])
    data = resource["associated_data"].encode()
    return AESGCM(key.encode()).decrypt(resource["nonce"].encode(), sealed, data)


@dataclass(frozen=True)
class Notice:
    """One notice as it arrived."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, object]:
        return json.loads(self.body)

    @property
    def resource(self) -> dict[str, object]:
        """What it says, decrypted."""
        return json.loads(decrypted(self.fields["resource"]))

    @property
    def said(self) -> tuple[object, object]:
        """Its kind, and the state that it tells of."""
        resource = self.resource
        return self.fields["event_type"], resource.get("refund_status", resource.get("trade_state"))


class NoticeReceiver:
    """The merchant's address for notices; it answers what the test laid ready, else 204."""

    def __init__(self) -> None:
        self.received: queue.Queue[Notice] = queue.Queue()
        self.answers: queue.Queue[tuple[int, bytes]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/notices"

    def next(self) -> Notice:
        return self.received.get(timeout=10)

    def has_none(self, *, seconds: float) -> bool:
        try:
            self.received.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


def _handler_of(receiver: NoticeReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                status, answer = receiver.answers.get_nowait()
            except queue.Empty:
                status, answer = 204, b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            receiver.received.put(Notice(dict(self.headers.items()), body))

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@dataclass
class WechatShop:
    """A merchant of WeChat Pay, with signing code of its own."""

    simulator: SimulatorProcess
    mchid: str = field(default_factory=new_mchid)
    appid: str = ""
    key_mode: str = "public_key"
    fee_bps: int = 60
    returns_fee: bool = False
    bank_account_no: str | None = None
    notify_url: str = NOWHERE
    # By the serial that the header Wechatpay-Serial names.
    platform_pems: dict[str, str] = field(default_factory=dict)
    platform_key_id: str = ""

    def __post_init__(self) -> None:
        self.appid = self.appid or f"wx{self.mchid:0>16}"

    def register(self) -> dict[str, object]:
        response = self.try_to_register()
        assert response.status_code == 200, response.text
        answer = response.json()
        self.platform_key_id = answer["platform_key_id"]
        self.platform_pems = {
            row["serial_no"]: _public_pem_of(row["certificate_pem"])
            for row in answer["platform_certificates"]
        }
        if self.platform_key_id:
            self.platform_pems[self.platform_key_id] = answer["platform_public_key_pem"]
        return answer

    def try_to_register(self, **changes: object) -> httpx.Response:
        return self.simulator.post(
            "/control/wechat/merchants",
            **{
                "mchid": self.mchid,
                "appid": self.appid,
                "serial_no": SERIAL_NO,
                "public_key_pem": public_pem(MERCHANT_KEY),
                "api_v3_key": API_V3_KEY,
                "fee_bps": self.fee_bps,
                "returns_fee": self.returns_fee,
                "key_mode": self.key_mode,
                "bank_account_no": self.bank_account_no,
                **changes,
            },
        )

    def headers(self, method: str, target: str, body: str, **changes: str) -> dict[str, str]:
        """Sign a request; a change of a field of the authorization comes before the signature."""
        fields = {
            "mchid": self.mchid,
            "nonce_str": secrets.token_hex(16),
            "timestamp": str(real_seconds()),
            "serial_no": SERIAL_NO,
            **changes,
        }
        text = "".join(
            f"{line}\n" for line in (method, target, fields["timestamp"], fields["nonce_str"], body)
        )
        fields["signature"] = changes.get("signature", sign(text, key=MERCHANT_KEY))
        pairs = ",".join(f'{name}="{value}"' for name, value in fields.items())
        return {
            "Authorization": f"WECHATPAY2-SHA256-RSA2048 {pairs}",
            "Accept": "application/json",
            "User-Agent": "test",
            "Content-Type": "application/json",
        }

    def send(
        self, method: str, target: str, content: object = None, **changes: str
    ) -> httpx.Response:
        body = "" if content is None else json.dumps(content, ensure_ascii=False)
        return self.send_raw(
            method, target, body, headers=self.headers(method, target, body, **changes)
        )

    def send_raw(
        self, method: str, target: str, body: str, *, headers: Mapping[str, str]
    ) -> httpx.Response:
        return self.simulator.send(method, target, content=body.encode(), headers=dict(headers))

    def order(self, number: str, **changes: object) -> dict[str, object]:
        """Write an order; a change to None takes the field away."""
        order = {
            "appid": self.appid,
            "mchid": self.mchid,
            "description": "青花瓷茶杯",
            "out_trade_no": number,
            "notify_url": self.notify_url,
            "amount": {"total": 8880, "currency": "CNY"},
            **changes,
        }
        return {name: value for name, value in order.items() if value is not None}

    def native(self, number: str, **changes: object) -> httpx.Response:
        return self.send("POST", NATIVE, self.order(number, **changes))

    def query(self, number: str, *, mchid: str | None = None) -> httpx.Response:
        target = f"/v3/pay/transactions/out-trade-no/{quote(number, safe='')}"
        return self.send("GET", f"{target}?mchid={mchid or self.mchid}")

    def state(self, number: str) -> object:
        return self.query(number).json()["trade_state"]

    def close(self, number: str, **changes: object) -> httpx.Response:
        target = f"/v3/pay/transactions/out-trade-no/{number}/close"
        return self.send("POST", target, {"mchid": self.mchid, **changes})

    def pay(self, number: str, **more: object) -> httpx.Response:
        return self.simulator.post("/control/pay", app_id=self.mchid, out_trade_no=number, **more)

    def sell(self, number: str, *, total: int = 8880, at: str | None = None) -> None:
        """Take an order all the way to paid."""
        response = self.native(number, amount={"total": total, "currency": "CNY"})
        assert response.status_code == 200, response.text
        paid = self.pay(number) if at is None else self.pay(number, at=at)
        assert paid.status_code == 200, paid.text

    def refund_order(
        self, number: str, refund_no: str, fen: int = 8880, **changes: object
    ) -> dict[str, object]:
        order = {
            "out_trade_no": number,
            "out_refund_no": refund_no,
            "reason": "退货",
            "notify_url": self.notify_url,
            "amount": {"refund": fen, "total": 8880, "currency": "CNY"},
            **changes,
        }
        return {name: value for name, value in order.items() if value is not None}

    def refund(
        self, number: str, refund_no: str, fen: int = 8880, **changes: object
    ) -> httpx.Response:
        return self.send("POST", REFUNDS, self.refund_order(number, refund_no, fen, **changes))

    def query_refund(self, refund_no: str) -> httpx.Response:
        return self.send("GET", f"{REFUNDS}/{refund_no}")

    def order_fault(self, number: str, kind: str, **more: object) -> None:
        response = self.simulator.post("/control/faults", kind=kind, out_trade_no=number, **more)
        assert response.status_code == 200, response.text

    def plan(self, number: str, kind: str, **more: object) -> None:
        """Order what is to become of a refund."""
        response = self.simulator.post("/control/wechat/plans", kind=kind, number=number, **more)
        assert response.status_code == 200, response.text

    def is_from_wechat(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Verify an answer or a notice by the key that it names."""
        names = {name.lower(): value for name, value in headers.items()}
        pem = self.platform_pems.get(names.get("wechatpay-serial", ""))
        if pem is None or names["wechatpay-signature-type"] != "WECHATPAY2-SHA256-RSA2048":
            return False
        text = f"{names['wechatpay-timestamp']}\n{names['wechatpay-nonce']}\n{body.decode()}\n"
        return is_signed(text, signature=names["wechatpay-signature"], pem=pem)


def refusal(response: httpx.Response) -> tuple[int, object]:
    """Give the HTTP status and the code of a refusal."""
    return response.status_code, response.json()["code"]


def _public_pem_of(certificate_pem: str) -> str:
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    return (
        certificate.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
