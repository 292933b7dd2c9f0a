"""What an examination of a channel account finds, and how it reads in the reader's language.

Codes and parameters are kept, never sentences: who examined may read another language than who
looks at it later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Level(StrEnum):
    """How a check ended."""

    FINE = "fine"
    WARNING = "warning"
    ERROR = "error"


CHECKS: Final[Mapping[str, Words]] = {
    "configuration": _("configuration"),
    "settlement": _("settlement"),
    "fee": _("channel's fee"),
    "enabled": _("switched on"),
    "hold": _("hold of sending"),
    "breaker": _("breaker"),
    "our_key": _("our key"),
    "their_key": _("channel's key"),
    "certificate": _("certificate"),
    "notify_url": _("address of notifications"),
    "reach": _("reach"),
    "clock": _("clock"),
    "signature": _("signature"),
    "echo": _("echo"),
    "notifications": _("notifications"),
    "refused": _("refused notifications"),
}

_ANSWER: Final = _("The answer was %(code)s: %(why)s")
_URL: Final = _("The channel is told to notify %(url)s.")
_AHEAD: Final = _("The channel's clock is %(seconds)d seconds ahead of the database's.")
_KEY: Final = _("%(bits)d bits, fingerprint %(print)s.")
_CERTIFICATE: Final = _("Certificate %(serial)s is valid until %(day)s.")

SENTENCES: Final[Mapping[str, tuple[Words, Words]]] = {
    "not_set": (
        _("Not set: %(names)s."),
        _(
            "Enter the keys and the gateway that are missing (“Enter keys”). What identifies the"
            " account never changes: where that is missing, register another one."
        ),
    ),
    "all_set": (_("All that the channel needs is set."), ""),
    "no_settlement_account": (
        _("Nobody knows to which bank account the channel settles."),
        _("Set the bank account (“Change terms”), or its bills cannot be matched with the bank's."),
    ),
    "fee_is_zero": (
        _("The channel's fee is zero."),
        _(
            "Set what the contract says (“Change terms”); else every fee is a difference in its"
            " bill."
        ),
    ),
    "switched_off": (
        _("The account is switched off."),
        _("“Change terms” switches it on, once its keys are in use and another person agrees."),
    ),
    "held_back": (
        _("Sending is held back: %(reason)s"),
        _("Two people release the hold once its reason is gone."),
    ),
    "breaker_open": (
        _("The breaker is open: %(reason)s"),
        _("It tries by itself; see below whether the channel answers again."),
    ),
    "our_key_sealed": (
        _("Our key cannot be decrypted."),
        _("Configure the encryption key that it names, or enter the key again."),
    ),
    "our_key_unreadable": (
        _("Our key is not one RSA key in PEM."),
        _("Enter the key again, as PEM without a password."),
    ),
    "key": (_KEY, ""),
    "weak_key": (_KEY, _("Make a key of 2048 bits or more.")),
    "their_key_missing": (
        _("The channel's key or certificate is missing, so nothing of it can be verified."),
        _("Get it from the channel's merchant pages and enter it."),
    ),
    "their_key_unreadable": (
        _("The channel's key is not one of RSA in PEM."),
        _("Enter the channel's key, not our own, as PEM."),
    ),
    "certificate": (_CERTIFICATE, ""),
    "certificate_ends": (
        _CERTIFICATE,
        _("Get the new certificate from the channel and enter it before the old one ends."),
    ),
    "notify_url": (_URL, ""),
    "notify_url_not_public": (_URL, _("Set PUBLIC_URL to a public address with https.")),
    "unreachable": (
        _("The gateway does not answer: %(why)s"),
        _("Look at the address, the firewall and the certificates of this machine."),
    ),
    "reached": (_("The gateway answers."), ""),
    "clock": (_AHEAD, ""),
    "clock_off": (_AHEAD, _("Set the clock of the database's machine by NTP.")),
    "cannot_speak": (
        _("The account cannot speak: %(why)s"),
        _("Correct what is named, and run the doctor again."),
    ),
    "believed": (_("The channel believed our signature, and we believed its answer."), ""),
    "other_answer": (
        _ANSWER,
        _("Compare our public key at the channel, our serial and the channel's key."),
    ),
    "bad_signature": (
        _ANSWER,
        _("Its answer is not signed by the key that is here, or it refused our signature."),
    ),
    "echoed": (_("The channel opened, signed and repeated a text."), ""),
    "not_echoed": (
        _ANSWER,
        _("Compare the APIv3 key and the channel's key with the merchant pages."),
    ),
    "silent": (
        _("No genuine notification came within a week."),
        _("Look whether the channel reaches our address, unless nobody paid."),
    ),
    "notified": (_("The newest genuine notification came at %(at)s."), ""),
    "refused": (
        _("%(count)d notifications of the week were refused as forged."),
        _("If the channel has a new key, enter it and verify them again."),
    ),
}
"""What each code says was seen, and what is to be done about it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was seen, and what to do about it. It never holds a secret."""

    check: str
    level: Level
    code: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def seen(self) -> str:
        """Say what was seen, in the language that is active."""
        return str(SENTENCES[self.code][0]) % self.parameters

    @property
    def todo(self) -> str:
        """Say what to do about it, or nothing, in the language that is active."""
        return str(SENTENCES[self.code][1])

    def kept(self) -> dict[str, Any]:
        """Return it as an examination keeps it."""
        return {
            "check": self.check,
            "level": self.level.value,
            "code": self.code,
            "parameters": dict(self.parameters),
        }


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as somebody reads it."""

    check: str
    level: str
    seen: str
    todo: str


def told(kept: Mapping[str, Any]) -> Told:
    """Say what was kept, in the language that is active.

    Examinations before codes were kept have sentences instead: these are told as they were written.
    """
    check = str(CHECKS.get(kept["check"], kept["check"]))
    if kept.get("code") not in SENTENCES:
        seen = str(kept.get("seen", kept.get("code", "")))
        return Told(check, kept["level"], seen, str(kept.get("todo", "")))
    found = Finding(kept["check"], Level(kept["level"]), kept["code"], kept["parameters"])
    return Told(check, kept["level"], found.seen, found.todo)
