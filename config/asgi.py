"""The way in for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_asgi_application()

# Only now are the apps loaded. A sandbox that knows a live channel does not start.
from payments.actions.channels import require_sandbox_is_closed  # noqa: E402

require_sandbox_is_closed()
