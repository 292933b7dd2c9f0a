"""The people and machines of a journey: each speaks to the house through its own door only."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from ledger.identifiers import new_id
from payments.actions.channels import channel_of
from payments.channels.base import OutcomeKind, PayRequest
from payments.models import ChannelNotification, Merchant
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide
from tests.instants import NOON
from tests.rig.stage import run_jobs

WAIT_SECONDS = 10


@dataclass
class Story:
    """A marketplace in CNY at 2.00 % with two merchants, on one virtual clock."""

    market: Marketplace
    other_side: OtherSide
    partner: httpx.Client
    merchants: Mapping[str, Merchant]
    clock: Path

    def move_to(self, at: datetime) -> None:
        """Let it be `at` for our doors and for the channel and the bank."""
        self.clock.write_text(at.isoformat())
        self.other_side.set_clock(at)

    # --- the partner's system -------------------------------------------------------------

    def order(self, order_no: str, **shares_minor: int) -> dict[str, Any]:
        """Have the partner create and confirm a payment; the queue then orders it."""
        created = self.post(
            "/v1/payments",
            {
                "merchant_order_no": order_no,
                "amount": sum(shares_minor.values()),
                "currency": "CNY",
                "description": "Tea and books",
                "allocations": [
                    {"merchant_id": self.merchants[name].id, "amount": amount_minor}
                    for name, amount_minor in shares_minor.items()
                ],
            },
        )
        assert created.status_code == 201, created.text
        confirmed = self.post(
            f"/v1/payments/{created.json()['id']}/confirm",
            {"method": "alipay_qr", "payer_ip": "203.0.113.7"},
        )
        assert confirmed.status_code == 200, confirmed.text
        return confirmed.json()

    def post(self, path: str, body: object, *, key: str | None = None) -> httpx.Response:
        """Send JSON under an Idempotency-Key."""
        headers = {"Idempotency-Key": key or new_id("key")}
        return self.partner.post(path, json=body, headers=headers)

    def shown(self, payment: Mapping[str, Any]) -> dict[str, Any]:
        """Have the partner read a payment."""
        answer = self.partner.get(f"/v1/payments/{payment['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    # --- the payer and the channel --------------------------------------------------------

    def fail_next(self, kind: str, **detail: object) -> None:
        """Have the channel go wrong at its next call or notification of ours."""
        fields = {"kind": kind, "app_id": self.market.plan.app_id, **detail}
        self.other_side.client.post("/control/faults", json=fields).raise_for_status()

    def pay(self, payment: Mapping[str, Any], *, at: datetime, answered: str = "success") -> None:
        """Have the payer scan and pay, and the channel tell us; wait for what we `answered`."""
        number = self.number_of(payment)
        self.other_side.pay(app_id=self.market.plan.app_id, out_trade_no=number, at=at)
        assert self.hear_of(number) == [answered]

    def hear_of(self, number: str) -> list[str]:
        """Wait until the channel has told us about a number; return what we answered."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (answers := self._answers(number)) == []:
            assert time.monotonic() < deadline, "the channel's notification never arrived"
            time.sleep(0.02)
        return answers

    def notify_again(self, payment: Mapping[str, Any]) -> httpx.Response:
        """Be the channel that sends its notification once more, byte for byte."""
        kept = ChannelNotification.objects.get(
            channel_no=self.number_of(payment), verdict="genuine"
        )
        return httpx.post(
            f"{self.partner.base_url}/notify/{kept.channel_account_id}/",
            content=bytes(kept.body),
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
            trust_env=False,
        )

    def order_at_the_channel(self, payment: Mapping[str, Any], *, amount_minor: int) -> None:
        """Be somebody with our key who orders another amount under our number, before we do."""
        outcome = channel_of(self.market.alipay).pay(
            PayRequest(
                channel_no=self.number_of(payment),
                amount_minor=amount_minor,
                currency="CNY",
                subject="Tea and books",
                method="alipay_qr",
                expires_at=NOON + timedelta(hours=2),
                at=NOON,
                stamped_at=NOON,
            )
        )
        assert outcome.kind is OutcomeKind.AWAITING_PAYER

    def number_of(self, payment: Mapping[str, Any]) -> str:
        """Return the number of a payment's only try at the channel."""
        (attempt,) = payment["attempts"]
        return str(attempt["id"]).replace("_", "").upper()

    def _answers(self, number: str) -> list[str]:
        found: list[str] = []
        after = 0
        while page := self.other_side.client.get(f"/control/effects?after={after}").json():
            if not page["effects"]:
                return found
            after = page["next"]
            found += [
                effect["answer"]
                for effect in page["effects"]
                if (effect["kind"], effect["number"]) == ("notified", number)
            ]
        return found

    def paid_order(self, order_no: str, *, at: datetime, **shares_minor: int) -> dict[str, Any]:
        """Bring an order all the way to `paid`."""
        payment = self.order(order_no, **shares_minor)
        run_jobs()
        self.pay(payment, at=at)
        run_jobs()
        return self.shown(payment)
