"""A merchant in certificate mode, who pays others out of its wallet at Alipay."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from cryptography import x509

from tests.payments.simulator.wire import Answered, Shop, is_signed


def cert_sn(pem: str) -> str:
    """Count a certificate as Alipay does: MD5 of its issuer, backwards, and its serial."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    names = {"2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.3": "CN"}
    parts = [f"{names[part.oid.dotted_string]}={part.value}" for part in certificate.issuer]
    text = ",".join(reversed(parts)) + str(certificate.serial_number)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def root_cert_sn(bundle: str) -> str:
    """Join the numbers of those certificates of a bundle that are signed with RSA."""
    ends = "-----END CERTIFICATE-----\n"
    pems = [part + ends for part in bundle.split(ends) if part.strip()]
    return "_".join(
        cert_sn(pem)
        for pem in pems
        if "RSA" in x509.load_pem_x509_certificate(pem.encode()).signature_algorithm_oid._name
    )


@dataclass
class PayingShop(Shop):
    """An application that may move its seller's own money."""

    message_url: str = ""
    app_cert_sn: str = ""
    root_cert_sn: str = ""
    certificates: dict[str, str] = field(default_factory=dict)

    def register(self) -> None:
        response = self.try_to_register(certificate_mode=True, message_url=self.message_url or None)
        assert response.status_code == 200, response.text
        self.certificates = response.json()
        self.alipay_pem = self.certificates["alipay_public_key_pem"]
        self.app_cert_sn = cert_sn(self.certificates["app_cert_pem"])
        self.root_cert_sn = root_cert_sn(self.certificates["root_cert_pem"])

    def params(self, method: str, biz: Mapping[str, object], /, **other: str) -> dict[str, str]:
        numbers = {"app_cert_sn": self.app_cert_sn, "alipay_root_cert_sn": self.root_cert_sn}
        return super().params(method, biz, **{**numbers, **other})

    def transfer(self, number: str, amount: str = "100.00", **changes: object) -> Answered:
        order: dict[str, object] = {
            "out_biz_no": number,
            "trans_amount": amount,
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
            "order_title": "结算款",
            "payee_info": {
                "identity": "seller@example.com",
                "identity_type": "ALIPAY_LOGON_ID",
                "name": "张三",
            },
        }
        return self.call("alipay.fund.trans.uni.transfer", order | changes)

    def query_transfer(self, number: str, **changes: object) -> Answered:
        order: dict[str, object] = {
            "out_biz_no": number,
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
        }
        return self.call("alipay.fund.trans.common.query", order | changes)

    def top_up(self, amount_minor: int, *, number: str = "tu_1", **more: object) -> httpx.Response:
        return self.control("wallets/top-up", amount_minor=amount_minor, number=number, **more)

    def balance_minor(self) -> int:
        wallet = self.simulator.get(f"/control/alipay/wallets/{self.app_id}").json()
        return int(wallet["balance_minor"])

    def is_message_of_alipay(self, params: Mapping[str, str]) -> bool:
        """Verify a message: all that is not empty but `sign` alone."""
        kept = {name: value for name, value in params.items() if value and name != "sign"}
        text = "&".join(f"{name}={kept[name]}" for name in sorted(kept))
        return is_signed(text, signature=params["sign"], pem=self.alipay_pem)
