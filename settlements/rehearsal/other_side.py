"""Talking to the simulator as its people would: onboarding, payers, the bank's counter."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import TracebackType
from typing import Any

import httpx

from settlements.rehearsal.alipay_side import AlipaySide


@dataclass(frozen=True, slots=True)
class WechatKeys:
    """What the simulated WeChat Pay told a merchant: a public key by its id, or certificates.

    The certificates are PEM texts one after the other, the newest last, and empty in public-key
    mode; the id and the public key are empty in certificate mode.
    """

    platform_key_id: str
    platform_public_key_pem: str
    platform_certificates_pem: str


@dataclass
class OtherSide:
    """The simulator's control and bank addresses. Instants are aware; amounts minor units.

    A context manager: leaving it closes its connections.
    """

    url: str
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        """Open one client, shared by threads."""
        self.client = httpx.Client(
            base_url=self.url,
            timeout=30,
            trust_env=False,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
        )

    def __enter__(self) -> "OtherSide":
        """Nothing is connected yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.client.close()

    def require_answering(self) -> None:
        """Ask whether the simulator is well. Raises httpx.HTTPError when it is not."""
        self.client.get("/healthz").raise_for_status()

    def register_app(
        self,
        *,
        app_id: str,
        public_key_pem: str,
        seller_id: str,
        fee_bps: int,
        currency: str,
        bank_account_no: str | None,
        message_url: str | None = None,
        returns_fee: bool = False,
    ) -> str:
        """Exchange keys with the simulated Alipay and return its public key. Idempotent.

        Without a bank account what is paid stays at the channel. `message_url` is where it tells
        of transfers. `returns_fee` lets it give its fee back, in proportion, with each refund.
        """
        answer = self._post(
            "/control/apps",
            {
                "app_id": app_id,
                "public_key_pem": public_key_pem,
                "seller_id": seller_id,
                "fee_bps": fee_bps,
                "currency": currency,
                "bank_account_no": bank_account_no,
                "message_url": message_url,
                "returns_fee": returns_fee,
            },
        )
        return str(answer["alipay_public_key_pem"])

    @property
    def alipay(self) -> AlipaySide:
        """What one can ask of the simulated Alipay beside payments."""
        return AlipaySide(self._post, self._get)

    def register_wechat_merchant(
        self,
        *,
        mchid: str,
        appid: str,
        serial_no: str,
        public_key_pem: str,
        api_v3_key: str,
        fee_bps: int,
        key_mode: str,
        bank_account_no: str | None,
        returns_fee: bool = False,
        currency: str = "CNY",
    ) -> WechatKeys:
        """Exchange keys with the simulated WeChat Pay. Idempotent.

        `key_mode` is `public_key` or `certificate`; `serial_no` that of our own certificate.
        Without a bank account what is paid stays at the channel.
        """
        answer = self._post(
            "/control/wechat/merchants",
            {
                "mchid": mchid,
                "appid": appid,
                "serial_no": serial_no,
                "public_key_pem": public_key_pem,
                "api_v3_key": api_v3_key,
                "fee_bps": fee_bps,
                "key_mode": key_mode,
                "bank_account_no": bank_account_no,
                "returns_fee": returns_fee,
                "currency": currency,
            },
        )
        certificates = answer["platform_certificates"]
        assert isinstance(certificates, list)
        return WechatKeys(
            platform_key_id=str(answer["platform_key_id"]),
            platform_public_key_pem=str(answer["platform_public_key_pem"]),
            platform_certificates_pem="".join(row["certificate_pem"] for row in certificates),
        )

    def register_unionpay_merchant(
        self,
        *,
        mer_id: str,
        cert_id: str,
        public_key_pem: str,
        fee_bps: int,
        bank_account_no: str | None,
        returns_fee: bool = False,
    ) -> str:
        """Exchange keys with the simulated UnionPay; idempotent. `cert_id` is our certificate's.

        Returns the certificates over the one with which it signs, one after the other.
        """
        answer = self._post(
            "/control/unionpay/merchants",
            {
                "mer_id": mer_id,
                "cert_id": cert_id,
                "public_key_pem": public_key_pem,
                "fee_bps": fee_bps,
                "returns_fee": returns_fee,
                "bank_account_no": bank_account_no,
            },
        )
        return str(answer["authorities_pem"])

    def open_bank_account(
        self, *, account_no: str, holder: str, currency: str, opening_minor: int
    ) -> None:
        """Open an account at the simulated bank. Idempotent."""
        self._post(
            "/control/bank/accounts",
            {
                "account_no": account_no,
                "holder": holder,
                "currency": currency,
                "opening_minor": opening_minor,
            },
        )

    def close_beneficiary(self, account_no: str) -> None:
        """Make the bank reject transfers to this account."""
        self._post("/control/bank/closed-accounts", {"account_no": account_no})

    def set_clock(self, at: datetime, *, is_start: bool = False) -> None:
        """Fix the simulator's clock at an instant; only a start may set it back."""
        self._post("/control/clock", {"now": at.isoformat(), "force": is_start})

    def let_clock_run(self) -> None:
        """Let the simulator show the real time again."""
        self._post("/control/clock", {"real": True, "force": True})

    def pay(self, *, app_id: str, out_trade_no: str, at: datetime, coupon_minor: int = 0) -> None:
        """Be the payer: scan the code and pay at this instant. Paying again changes nothing.

        At WeChat Pay `app_id` is the merchant's mchid or its appid, at UnionPay its merId. A
        coupon, of which Alipay alone knows here, pays its part.
        """
        coupon = {"coupon_minor": coupon_minor} if coupon_minor else {}
        self._post(
            "/control/pay",
            {"app_id": app_id, "out_trade_no": out_trade_no, "at": at.isoformat(), **coupon},
        )

    def open_page(self, action: Mapping[str, Any]) -> None:
        """Be the payer's browser or app that goes on to the channel, as our order tells it to.

        Some orders do not exist at the channel before. Opening again changes nothing.
        """
        fields = action.get("fields", {})
        if action.get("kind") == "form":
            self._carry("POST", action["url"], fields)
        elif action.get("kind") == "redirect":
            self._carry("GET", action["url"], {})
        elif "order_string" in fields:
            self._carry("POST", "/phone", fields)

    def _carry(self, method: str, url: str, fields: Mapping[str, str]) -> None:
        response = self.client.request(method, url, data=dict(fields) or None)
        if response.is_error:
            response.raise_for_status()

    def deliver_payment_file(self, *, account_no: str, content: bytes) -> None:
        """Hand a pain.001 file to the bank. The same file again is not carried out again."""
        response = self.client.post(
            f"/bank/{account_no}/payment-files",
            content=content,
            headers={"Content-Type": "application/xml"},
        )
        response.raise_for_status()

    def payment_report(self, *, account_no: str, message_id: str) -> bytes:
        """Return the bank's pain.002 on a file."""
        return self._get(f"/bank/{account_no}/payment-files/{message_id}/report")

    def bank_statement(self, *, account_no: str, from_date: date, to_date: date) -> bytes:
        """Return the bank's camt.053 over days, both included."""
        return self._get(f"/bank/{account_no}/statement?from={from_date}&to={to_date}")

    def owed_minor(self, *, account_no: str) -> int:
        """Say what the channels have not paid to a bank account; below zero we owe them."""
        return int(json.loads(self._get(f"/control/bank/owed/{account_no}"))["owed_minor"])

    def _post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        response = self.client.post(path, json=body)
        response.raise_for_status()
        answer: dict[str, object] = response.json()
        return answer

    def _get(self, path: str) -> bytes:
        response = self.client.get(path)
        response.raise_for_status()
        return response.content
