"""The way in for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_asgi_application()

# Only now are the apps loaded. Who knows a live channel as a sandbox, or a simulator where money
# is real, does not start.
from payments.actions.gateways import require_gateways  # noqa: E402

require_gateways()
