"""How people sign in: nobody signs up alone, and rate limits count the real client."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class HouseAccountAdapter(DefaultAccountAdapter):
    """allauth's account rules, with an invitation as the only way in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: people are made by staff, not by themselves."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that the middleware found, so no proxy header is read twice."""
        address: str = getattr(request, "client_ip", "")
        return address or super().get_client_ip(request)
