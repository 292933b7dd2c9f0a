"""Which gateways may be spoken to: simulators in a sandbox, and elsewhere nothing without TLS."""

from urllib.parse import urlsplit

from django.conf import settings

from payments.errors import GatewayWithoutTlsError, LiveChannelInSandboxError


def require_simulator(gateway_url: str) -> None:
    """Keep a sandbox among simulators: test data and live channels never meet.

    Raises LiveChannelInSandboxError for another host; an empty address passes, for who has none.
    """
    host = urlsplit(gateway_url).hostname
    if settings.SANDBOX and gateway_url and host not in settings.SIMULATOR_HOSTS:
        raise LiveChannelInSandboxError(host=host or gateway_url)


def require_gateway(gateway_url: str) -> None:
    """Take only a gateway that may be spoken to from here: by TLS, but for simulators.

    Raises LiveChannelInSandboxError or GatewayWithoutTlsError.
    """
    require_simulator(gateway_url)
    if gateway_url and not gateway_url.startswith("https://") and not is_simulator(gateway_url):
        raise GatewayWithoutTlsError(host=urlsplit(gateway_url).hostname or gateway_url)


def is_simulator(gateway_url: str) -> bool:
    """Tell whether an address is a simulator's: without TLS, at a host that is named as one's."""
    address = urlsplit(gateway_url)
    return address.scheme == "http" and address.hostname in settings.SIMULATOR_HOSTS
