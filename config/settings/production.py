"""A deployment with real money: every secret comes from the environment, every cookie by TLS."""

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.settings.base import *  # noqa: F403  a settings module extends another
from config.settings.base import SANDBOX, SANDBOX_CLOCK_FILE, STAFF_SECOND_FACTOR

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
ENCRYPTION_KEYS = env.encryption_keys(env.text("ENCRYPTION_KEYS"))
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts that this deployment serves.")
if not SANDBOX and not STAFF_SECOND_FACTOR:
    raise ImproperlyConfigured("STAFF_SECOND_FACTOR=0 is for a sandbox; set SANDBOX=1 or drop it.")
if not SANDBOX and SANDBOX_CLOCK_FILE:
    raise ImproperlyConfigured("SANDBOX_CLOCK_FILE is for a sandbox; set SANDBOX=1 or drop it.")
if not SANDBOX:
    SIMULATOR_HOSTS = []  # where money is there are none: every gateway has TLS
PAYMENT_PASSWORD_PEPPERS = env.encryption_keys(
    env.text("PAYMENT_PASSWORD_PEPPERS"), name="PAYMENT_PASSWORD_PEPPERS"
)
SEAL_KEYS = env.encryption_keys(env.text("SEAL_KEYS"), name="SEAL_KEYS")

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
