"""The harness inside the processes that it runs: short waits, and wrong designs on demand."""

from dataclasses import replace
from datetime import timedelta

from django.apps import AppConfig
from django.conf import settings

LEASE = timedelta(seconds=10)
GRACE = timedelta(seconds=3)
SPACING = timedelta(seconds=2)
LADDER_SECONDS = (1, 2, 3, 5, 5, 8, 8, 8, 10, 10, 10, 10, 15, 15, 15, 15, 15, 15, 15, 15)
ANSWER_MS = 2_500
"""Shorter than the lease by far: asking, closing and asking again fit into one."""


class HarnessConfig(AppConfig):
    """Installed by `tests.harness.settings` only."""

    name = "tests.harness"
    label = "harness"

    def ready(self) -> None:
        """Shorten what machines wait for; business rules stay as they are."""
        from payments.actions import channels, closing, operations, order_courses
        from payments.channels import registry
        from payments.channels.transport import Transport
        from tests.harness import designs

        operations.LEASE = LEASE
        closing.GRACE = GRACE
        registry.TRAITS = {
            channel: replace(traits, refund_spacing=min(traits.refund_spacing, SPACING))
            for channel, traits in registry.TRAITS.items()
        }
        order_courses.QUERY_DELAYS[:] = [timedelta(seconds=seconds) for seconds in LADDER_SECONDS]
        channels._TRANSPORT = Transport(
            guard=channels._refuse_in_transaction,
            connect_timeout_ms=1_000,
            total_timeout_ms=ANSWER_MS,
        )
        designs.install(settings.HARNESS_DESIGN)
