"""The plug that fits into payments' port; settings name it in PAYMENT_SCREENER."""

from datetime import date, datetime

from payments.screening import Judgement, ScreeningRequest
from risk.actions import screenings


class RiskScreener:
    """Judges payments for `payments.screening`. All methods are parts."""

    def screen(self, request: ScreeningRequest) -> Judgement:
        """Judge the payment, count it against its limits unless denied, and keep the reasons."""
        return screenings.screen_payment(request)

    def give_back(self, payment_id: str, *, at: datetime) -> None:
        """Give back the limits that a payment used, since it failed for certain. Idempotent."""
        screenings.give_back(payment_id, at=at)

    def count_again(self, payment_id: str, *, business_date: date, at: datetime) -> None:
        """Count a payment that was paid although its limits were given back. Idempotent."""
        screenings.count_again(payment_id, business_date=business_date, at=at)
