"""A developer's machine and the demo: secrets are made once and kept in `var/`."""

from config import env
from config.settings.base import *  # noqa: F403  a settings module extends another
from config.settings.base import STATIC_ROOT, VAR_DIR

SECRET_KEY = env.text_or_kept("SECRET_KEY", path=VAR_DIR / "secret_key", make=env.new_secret_key)
ENCRYPTION_KEYS = env.encryption_keys(
    env.text_or_kept(
        "ENCRYPTION_KEYS", path=VAR_DIR / "encryption_keys", make=env.new_encryption_keys
    )
)
PAYMENT_PASSWORD_PEPPERS = env.encryption_keys(
    env.text_or_kept(
        "PAYMENT_PASSWORD_PEPPERS",
        path=VAR_DIR / "payment_password_peppers",
        make=env.new_encryption_keys,
    ),
    name="PAYMENT_PASSWORD_PEPPERS",
)
SEAL_KEYS = env.encryption_keys(
    env.text_or_kept("SEAL_KEYS", path=VAR_DIR / "seal_keys", make=env.new_encryption_keys),
    name="SEAL_KEYS",
)
# No `collectstatic` is needed here: files are served from where they lie.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when there is none
# A developer's machine is a sandbox unless somebody says otherwise.
SANDBOX = env.flag("SANDBOX", default=True)
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
