"""Reading the environment, typed; what is wrong with it is said in a sentence at start-up."""

import base64
import binascii
import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

reader = environ.Env()
if (BASE_DIR / ".env").exists():
    reader.read_env(str(BASE_DIR / ".env"))


def text(name: str, *, default: str | None = None) -> str:
    """Return a variable as text.

    Raises ImproperlyConfigured if it is unset or empty and there is no default.
    """
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} must be set in the environment; see .env.example.")
    return default


def flag(name: str, *, default: bool) -> bool:
    """Return a variable as a yes or a no.

    Raises ImproperlyConfigured if it is neither.
    """
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, but it is {value!r}.")


def whole_number(name: str, *, default: int) -> int:
    """Return a variable as a whole number.

    Raises ImproperlyConfigured if it is not one.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, but it is {value!r}.") from error


def choice(name: str, *, options: Sequence[str], default: str) -> str:
    """Return a variable that must be one of `options`.

    Raises ImproperlyConfigured if it is something else.
    """
    value = text(name, default=default)
    if value not in options:
        raise ImproperlyConfigured(
            f"{name} must be one of {', '.join(options)}, but it is {value!r}."
        )
    return value


def words(name: str, *, default: Sequence[str] = ()) -> list[str]:
    """Return a variable as the list of what its commas separate."""
    value = text(name, default=",".join(default))
    return [word.strip() for word in value.split(",") if word.strip()]


def amounts(name: str, *, default: Sequence[str] = ()) -> dict[str, int]:
    """Return a variable as amounts in minor units by currency: `CNY:20000,USD:3000`.

    Raises ImproperlyConfigured if a part is no currency with a whole number, or comes twice.
    """
    found: dict[str, int] = {}
    for word in words(name, default=default):
        currency, _, minor = word.partition(":")
        if not re.fullmatch(r"[A-Z]{3}:[0-9]{1,18}", word):
            raise ImproperlyConfigured(
                f"{name} must list amounts such as CNY:20000, but {word!r} is not one."
            )
        if currency in found:
            raise ImproperlyConfigured(f"{name} names {currency} twice.")
        found[currency] = int(minor)
    return found


def networks(name: str) -> list[IPNetwork]:
    """Return a variable as a list of networks; a plain address is a network of one.

    Raises ImproperlyConfigured if a part of it is neither a network nor an address.
    """
    found: list[IPNetwork] = []
    for word in words(name):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} must list networks such as 10.0.0.0/8, but {word!r} is not one."
            ) from error
    return found


def time_zone(name: str, *, default: str) -> str:
    """Return a variable that must be the name of a time zone.

    Raises ImproperlyConfigured if no such zone is known.
    """
    value = text(name, default=default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ImproperlyConfigured(
            f"{name} must name a time zone such as Asia/Shanghai, but it is {value!r}."
        ) from error
    return value


def encryption_keys(value: str, *, name: str = "ENCRYPTION_KEYS") -> dict[str, bytes]:
    """Return the keys of `id:base64,id:base64`, in order; the first one is the current one.

    `name` is the variable that they come from.

    Raises ImproperlyConfigured if a part has no id or is not 32 bytes in base64.
    """
    keys: dict[str, bytes] = {}
    for part in filter(None, (part.strip() for part in value.split(","))):
        key_id, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ImproperlyConfigured(
                f"{name}: the key {key_id!r} is not written in base64."
            ) from error
        if not key_id or len(key) != 32:
            raise ImproperlyConfigured(
                f"{name} must list keys as id:base64 with 32 bytes each, current one first."
            )
        if key_id in keys:
            raise ImproperlyConfigured(f"{name} names the key {key_id!r} twice.")
        keys[key_id] = key
    if not keys:
        raise ImproperlyConfigured(f"{name} must hold one key at least.")
    return keys


def new_secret_key() -> str:
    """Return a fresh value for SECRET_KEY."""
    return secrets.token_urlsafe(50)


def new_encryption_keys() -> str:
    """Return a fresh value for a list of keys or peppers with one, called `local1`."""
    return "local1:" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def text_or_kept(name: str, *, path: Path, make: Callable[[], str]) -> str:
    """Return a variable, or else what `path` holds, made by `make` the first time.

    Several processes may start at once: the first to link its file wins and all read that one.
    """
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
