"""Who a partner's system is to us, once it proved itself."""

from dataclasses import dataclass

from payments.models import ApiCredential


@dataclass(frozen=True, slots=True)
class Principal:
    """A partner's system: a credential, not a person with an account here."""

    credential: ApiCredential
    is_authenticated: bool = True

    @property
    def actor(self) -> str:
        """Name the caller as audit rows do."""
        return f"key:{self.credential.pk}"

    @property
    def merchant_id(self) -> str | None:
        """Return whose credential it is; None for the platform's own."""
        return self.credential.merchant_id

    @property
    def is_platform(self) -> bool:
        """Tell whether the caller sees every merchant."""
        return self.credential.merchant_id is None and self.has_scope("platform")

    def has_scope(self, scope: str) -> bool:
        """Tell whether the credential was given a scope."""
        return scope in self.credential.scopes
