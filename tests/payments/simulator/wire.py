"""The near side of the wire, written anew: nothing here knows how our own adapters work."""

import base64
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

REPOSITORY = Path(__file__).parents[3]
SHANGHAI = timezone(timedelta(hours=8))
# One key for all tests: making one is slow, and nothing depends on which it is.
MERCHANT_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _real_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the other process compares with real time too.


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def sign(text: str, *, key: rsa.RSAPrivateKey) -> str:
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def is_signed(text: str, *, signature: str, pem: str, encoding: str = "utf-8") -> bool:
    key = serialization.load_pem_public_key(pem.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        raw, signed = base64.b64decode(signature), text.encode(encoding)
        key.verify(raw, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


@dataclass
class SimulatorProcess:
    """A simulator of one test, in a process of its own."""

    directory: Path
    arguments: tuple[str, ...] = ()
    program: tuple[str, ...] = ("-m", "payments.simulator")
    url: str = ""
    _process: subprocess.Popen[str] | None = None
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=20))

    def start(self) -> None:
        command = [sys.executable, *self.program, "--port", "0"]
        self._process = subprocess.Popen(
            [*command, "--dir", str(self.directory), *self.arguments],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("simulator ready http://127.0.0.1:"), line
        self.url = line.split()[-1]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.send_signal(how)
        status = self._process.wait(timeout=10)
        self._process.stdout.close()
        self._process = None
        return status

    def close(self) -> None:
        self._client.close()
        if self._process is not None:
            self.stop()

    def get(self, path: str, **params: str) -> httpx.Response:
        return self._client.get(self.url + path, params=params)

    def post(self, path: str, **fields: object) -> httpx.Response:
        return self._client.post(self.url + path, json=fields)

    def send(self, method: str, path: str, **more: object) -> httpx.Response:
        return self._client.request(method, self.url + path, **more)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.get("/control/clock").json()["now"])

    def effects(self, number: str) -> list[str]:
        """Name what happened to one number, in order."""
        return [effect["kind"] for effect in self.effect_rows() if effect["number"] == number]

    def wait_for(self, number: str, kind: str, *, times: int) -> None:
        """Wait until the simulator has written down what it does on threads of its own."""
        for _ in range(400):
            if self.effects(number).count(kind) >= times:
                return
            time.sleep(0.02)
        raise AssertionError(f"{kind} {number} did not happen {times} times")

    def effect_rows(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        after = 0
        while page := self.get("/control/effects", after=str(after)).json()["effects"]:
            found += page
            after = page[-1]["id"]
        return found


StartSimulator = Callable[..., SimulatorProcess]


@dataclass(frozen=True)
class Answered:
    """One answer of the gateway: the node as text and as fields, and its signature."""

    status: int
    raw: str
    name: str
    node_text: str
    node: dict[str, object]
    signature: str | None
    cert_sn: str | None

    @property
    def words(self) -> tuple[object, object]:
        return self.node.get("code"), self.node.get("sub_code")


def read_answer(response: httpx.Response) -> Answered:
    raw = response.content.decode()
    foot = r'(?:,"sign":"([^"]+)"(?:,"alipay_cert_sn":"([0-9a-f]{32})")?)?'
    match = re.fullmatch(r'\{"([a-z_]+)":(\{.*\})' + foot + r"\}", raw)
    assert match is not None, raw
    return Answered(
        status=response.status_code,
        raw=raw,
        name=match.group(1),
        node_text=match.group(2),
        node=json.loads(match.group(2)),
        signature=match.group(3),
        cert_sn=match.group(4),
    )


@dataclass
class Shop:
    """A merchant's application, with signing code of its own."""

    simulator: SimulatorProcess
    app_id: str
    seller_id: str = "2088000000000001"
    currency: str = "CNY"
    fee_bps: int = 60
    bank_account_no: str | None = None
    notify_url: str = ""
    returns_fee: bool = False
    alipay_pem: str = ""

    def register(self) -> None:
        response = self.try_to_register()
        assert response.status_code == 200, response.text
        self.alipay_pem = response.json()["alipay_public_key_pem"]

    def try_to_register(self, **more: object) -> httpx.Response:
        return self.simulator.post(
            "/control/apps",
            app_id=self.app_id,
            public_key_pem=public_pem(MERCHANT_KEY),
            seller_id=self.seller_id,
            fee_bps=self.fee_bps,
            currency=self.currency,
            bank_account_no=self.bank_account_no,
            returns_fee=self.returns_fee,
            **more,
        )

    def params(self, method: str, biz: Mapping[str, object], /, **other: str) -> dict[str, str]:
        """Give the signed parameters; an `other` that is empty takes its parameter away."""
        params = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{_real_now().astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
            "notify_url": self.notify_url,
            "biz_content": json.dumps(biz, ensure_ascii=False),
            **other,
        }
        kept = {name: value for name, value in params.items() if value}
        text = "&".join(f"{name}={kept[name]}" for name in sorted(kept))
        return {**kept, "sign": sign(text, key=MERCHANT_KEY)}

    def send(self, params: Mapping[str, str]) -> Answered:
        return read_answer(self.simulator.send("POST", "/gateway.do", data=dict(params)))

    def call(self, method: str, biz: Mapping[str, object], /, **other: str) -> Answered:
        return self.send(self.params(method, biz, **other))

    def order(self, number: str, **changes: object) -> dict[str, object]:
        return {
            "out_trade_no": number,
            "total_amount": "88.80",
            "subject": "青花瓷茶杯",
            "product_code": "FACE_TO_FACE_PAYMENT",
            **changes,
        }

    def precreate(self, number: str, **changes: object) -> Answered:
        return self.call("alipay.trade.precreate", self.order(number, **changes))

    def query(self, number: str) -> Answered:
        return self.call("alipay.trade.query", {"out_trade_no": number})

    def close(self, number: str) -> Answered:
        return self.call("alipay.trade.close", {"out_trade_no": number})

    def refund(self, number: str, amount: str, request_no: str | None = None) -> Answered:
        biz = {"out_trade_no": number, "refund_amount": amount}
        if request_no is not None:
            biz["out_request_no"] = request_no
        return self.call("alipay.trade.refund", biz)

    def query_refund(self, number: str, request_no: str, *options: str) -> Answered:
        biz: dict[str, object] = {"out_trade_no": number, "out_request_no": request_no}
        if options:
            biz["query_options"] = list(options)
        return self.call("alipay.trade.fastpay.refund.query", biz)

    def plan(self, kind: str, **more: object) -> None:
        response = self.control("plans", kind=kind, **more)
        assert response.status_code == 200, response.text

    def control(self, path: str, **fields: object) -> httpx.Response:
        return self.simulator.post(f"/control/alipay/{path}", app_id=self.app_id, **fields)

    def pay(self, number: str, **more: object) -> httpx.Response:
        return self.simulator.post("/control/pay", app_id=self.app_id, out_trade_no=number, **more)

    def scan(self, number: str) -> httpx.Response:
        return self.simulator.post("/control/scan", app_id=self.app_id, out_trade_no=number)

    def order_fault(self, number: str, kind: str, **more: object) -> None:
        response = self.simulator.post("/control/faults", kind=kind, out_trade_no=number, **more)
        assert response.status_code == 200, response.text

    def sell(self, number: str, *, amount: str = "88.80", at: str | None = None) -> None:
        """Take an order all the way to paid."""
        assert self.precreate(number, total_amount=amount).node["code"] == "10000"
        response = self.pay(number) if at is None else self.pay(number, at=at)
        assert response.status_code == 200, response.text

    def is_from_alipay(self, params: Mapping[str, str], *, encoding: str = "utf-8") -> bool:
        """Verify a notification: all that is not empty but `sign` and `sign_type`."""
        kept = {
            name: value
            for name, value in params.items()
            if value and name not in ("sign", "sign_type")
        }
        text = "&".join(f"{name}={kept[name]}" for name in sorted(kept))
        signature = params["sign"]
        return is_signed(text, signature=signature, pem=self.alipay_pem, encoding=encoding)
