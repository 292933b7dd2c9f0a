"""How people sign in: no sign-up, rate limits by the real client, second factors encrypted."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from ledger import encryption

# allauth asks for encryption without saying for which row, so the place is the column alone.
SECOND_FACTOR_PLACE = "mfa_authenticator|data|secret"


class HouseAccountAdapter(DefaultAccountAdapter):
    """allauth's account rules, with an invitation as the only way in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: people are made by staff, not by themselves."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that the middleware found, so no proxy header is read twice."""
        address: str = getattr(request, "client_ip", "")
        return address or super().get_client_ip(request)


class HouseMFAAdapter(DefaultMFAAdapter):
    """allauth's second factors, with their secrets encrypted at rest."""

    def encrypt(self, text: str) -> str:
        """Return a secret as the database may see it."""
        return encryption.encrypt(text, aad=SECOND_FACTOR_PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret as it was.

        Raises DecryptionError if it was changed, or its key is gone.
        """
        return encryption.decrypt(encrypted_text, aad=SECOND_FACTOR_PLACE)
