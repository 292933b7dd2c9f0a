"""A merchant of UnionPay, written anew: nothing here knows how our own adapter works."""

import base64
import hashlib
import io
import itertools
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.payments.simulator.wire import (
    MERCHANT_KEY,
    SimulatorProcess,
    is_signed,
    public_pem,
    sign,
)

API = "/unionpay/gateway/api"
CERT_ID = "68759000001"
TXN_TIME = "20300105100000"
_numbers = itertools.count(1)


def digest(fields: Mapping[str, str]) -> str:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "signature")
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class UnionPayShop:
    """A merchant with signing code of its own."""

    simulator: SimulatorProcess
    mer_id: str = field(default_factory=lambda: f"77729005{next(_numbers):07d}")
    back_url: str = ""
    fee_bps: int = 60
    authorities_pem: str = ""
    bank_account_no: str | None = None

    def register(self) -> None:
        response = self.simulator.post(
            "/control/unionpay/merchants",
            mer_id=self.mer_id,
            cert_id=CERT_ID,
            public_key_pem=public_pem(MERCHANT_KEY),
            fee_bps=self.fee_bps,
            bank_account_no=self.bank_account_no,
        )
        assert response.status_code == 200, response.text
        self.authorities_pem = response.json()["authorities_pem"]

    def fields(self, txn_type: str, number: str, **changes: str) -> dict[str, str]:
        """Sign a message; an empty change takes its field away."""
        fields = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "certId": CERT_ID,
            "txnType": txn_type,
            "txnSubType": "01" if txn_type in ("01", "02", "76") else "00",
            "bizType": "000201",
            "accessType": "0",
            "merId": self.mer_id,
            "orderId": number,
            "txnTime": TXN_TIME,
            "backUrl": self.back_url,
            **changes,
        }
        kept = {name: value for name, value in fields.items() if value}
        return {**kept, "signature": kept.get("signature", sign(digest(kept), key=MERCHANT_KEY))}

    def call(self, path: str, fields: Mapping[str, str]) -> dict[str, str]:
        """Ask the gateway, and check that UnionPay signed what it answered."""
        response = self.simulator.send("POST", path, data=dict(fields))
        pairs = (part.partition("=") for part in response.content.decode().split("&"))
        told = {name: value for name, _, value in pairs}
        assert self.is_from_unionpay(told)
        return told

    def is_from_unionpay(self, told: Mapping[str, str]) -> bool:
        """Verify by the certificate in the message, which one of the authorities issued."""
        leaf = x509.load_pem_x509_certificate(told["signPubKeyCert"].encode())
        between = x509.load_pem_x509_certificates(self.authorities_pem.encode())[1]
        leaf.verify_directly_issued_by(between)
        pem = leaf.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return is_signed(digest(told), signature=told["signature"], pem=pem.decode())

    def front(self, number: str, fen: int = 8_880, **changes: str) -> httpx.Response:
        """Be the payer's browser that comes with the shop's form."""
        order = {"txnAmt": str(fen), "currencyCode": "156", "channelType": "07", **changes}
        fields = self.fields("01", number, **order)
        return self.simulator.send("POST", f"{API}/frontTransReq.do", data=fields)

    def page(self, number: str, fen: int = 8_880) -> str:
        """Open the payer's page, and give its path."""
        return urlsplit(self.front(number, fen).headers["location"]).path

    def sell(self, number: str, fen: int = 8_880) -> str:
        """Take an order all the way to paid, and give UnionPay's number of it."""
        assert self.front(number, fen).status_code == 303
        paid = self.simulator.post("/control/pay", app_id=self.mer_id, out_trade_no=number)
        assert paid.status_code == 200, paid.text
        return str(paid.json()["trade_no"])

    def query(self, number: str) -> dict[str, str]:
        return self.call(f"{API}/queryTrans.do", self.fields("00", number))

    def refund(self, number: str, query_id: str, fen: int, **changes: str) -> dict[str, str]:
        fields = self.fields("04", number, origQryId=query_id, txnAmt=str(fen), **changes)
        return self.call(f"{API}/backTransReq.do", fields)

    def file(self, day: str) -> dict[str, list[str]]:
        """Fetch the file of a day (MMDD): its members and their lines."""
        told = self.call(
            "/filedownload/", self.fields("76", "file0001", settleDate=day, fileType="00")
        )
        packed = zlib.decompress(base64.b64decode(told["fileContent"]))
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return {name: archive.read(name).decode().splitlines() for name in archive.namelist()}

    def order_fault(self, number: str, kind: str, **more: object) -> None:
        response = self.simulator.post("/control/faults", kind=kind, out_trade_no=number, **more)
        assert response.status_code == 200, response.text

    def plan(self, number: str, kind: str, **more: object) -> None:
        response = self.simulator.post("/control/unionpay/plans", kind=kind, number=number, **more)
        assert response.status_code == 200, response.text
