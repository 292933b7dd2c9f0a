"""`manage.py reseal_secrets`: seal channel secrets anew after the encryption key has changed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from ledger.errors import DecryptionError
from payments.actions.channel_secrets import reseal_all


class Command(BaseCommand):
    """Seal what is not under the newest key of ENCRYPTION_KEYS; may be stopped and run again."""

    help = "Encrypt channel secrets again under the newest encryption key."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal, and say how many rows were."""
        try:
            count = reseal_all()
        except DecryptionError as error:
            raise CommandError(_("A secret names a key that is not configured.")) from error
        self.stdout.write(_("%(count)d rows were sealed anew.") % {"count": count})
