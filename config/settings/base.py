"""What every deployment shares; the environment says the rest (see .env.example)."""

from django.utils.translation import gettext_lazy as _

from config import databases, env, logging
from config.back_office import theme

BASE_DIR = env.BASE_DIR
VAR_DIR = env.VAR_DIR

DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

# --- the house's own ---------------------------------------------------------------------------

SANDBOX = env.flag("SANDBOX", default=False)
# Where a sandbox's channel accounts may point; it refuses to serve with any other, and no other
# deployment serves with one of them.
SIMULATOR_HOSTS = env.words("SIMULATOR_HOSTS", default=["127.0.0.1", "localhost", "::1"])
# Where accounts may point outside a sandbox, beside the channels' own hosts: a bank's gateway, or
# a proxy of ours before a channel; with its port, if that is not 443.
GATEWAY_HOSTS = env.words("GATEWAY_HOSTS")
# The virtual clock of a sandbox: a file with one ISO instant (config/clock.py).
SANDBOX_CLOCK_FILE = env.text("SANDBOX_CLOCK_FILE", default="")
# Where channels and payers reach this deployment; the address in a channel order's notify_url.
PUBLIC_URL = env.text("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
# How many messages that are not genuine are kept of one channel account within an hour.
REFUSED_NOTIFICATIONS_PER_HOUR = env.whole_number("REFUSED_NOTIFICATIONS_PER_HOUR", default=60)
BUSINESS_TIME_ZONE = env.time_zone("BUSINESS_TIME_ZONE", default="Asia/Shanghai")
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", default=True)
PAYMENT_SCREENER = "risk.screener.RiskScreener"
# A refund above this, in minor units, needs two people; in a currency not listed every one does.
REFUND_APPROVAL_ABOVE = env.amounts("REFUND_APPROVAL_ABOVE", default=["CNY:50000"])
# How long a channel may take to know an order that moves our money: before that, "no such order"
# is no reason to send it again, and after it none to call it failed.
CHANNEL_SETTLE_WINDOW_SECONDS = env.whole_number("CHANNEL_SETTLE_WINDOW_SECONDS", default=86_400)
# Above these amounts a payer without a payment password has to set one; by currency, in minor
# units. Whoever has set one is always asked.
PAYMENT_PASSWORD_ABOVE = env.amounts("PAYMENT_PASSWORD_ABOVE")
# Where addresses are: CSV of network, country, province (risk/locator.py). Empty: nobody knows.
IP_PLACES_FILE = env.text("IP_PLACES_FILE", default="")
# Above this, a payer who pays from an address never seen is asked for the payment password.
NEW_ADDRESS_ABOVE = env.amounts("NEW_ADDRESS_ABOVE", default=["CNY:50000"])
# Where the end of the chain of seals is published: a place that the database's owner cannot write.
SEAL_HEADS_FILE = env.text("SEAL_HEADS_FILE", default=str(VAR_DIR / "seals" / "heads.jsonl"))
# How payment passwords are hashed; OWASP's minimum. Stored anew with these at the next right one.
PAYMENT_PASSWORD_ARGON2 = {"time_cost": 2, "memory_kib": 19 * 1024, "parallelism": 1}

# --- database ----------------------------------------------------------------------------------

_addresses = databases.addresses(
    application_url=env.text("DATABASE_URL", default=""),
    owner_url=env.text("DATABASE_OWNER_URL", default=""),
    var=VAR_DIR,
)
DATABASE_APPLICATION_URL = _addresses.application_url
DATABASE_OWNER_URL = _addresses.owner_url
# The role that migrations take rights from (`REVOKE …`); None where one role serves as both.
DATABASE_APPLICATION_ROLE = (
    databases.role_of(_addresses.application_url)
    if _addresses.application_url != _addresses.owner_url
    else None
)
DATABASE_ROLE = env.choice("DATABASE_ROLE", options=["application", "owner"], default="application")
DATABASE_PATIENCE = env.choice("DATABASE_PATIENCE", options=["web", "patient"], default="web")
DATABASES = {
    "default": (
        databases.connection_settings(_addresses.owner_url)
        if DATABASE_ROLE == "owner"
        else databases.connection_settings(
            _addresses.application_url,
            pool_max=env.whole_number("DATABASE_POOL_MAX", default=20),
            options=databases.PATIENT_OPTIONS if DATABASE_PATIENCE == "patient" else "",
        )
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared by all processes, because allauth's rate limits count in it.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
    }
}

# --- applications ------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.back_office.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "csp",
    "ledger",
    "payments",
    "risk",
    "settlements",
]

MIDDLEWARE = [
    "config.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.weight.WeightMiddleware",
    "config.card_numbers.CardNumberMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.SecondFactorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# Jobs: what they do stands in each app's tasks.py, when they are due in config/schedule.py.
PROCRASTINATE_IMPORT_PATHS = ["config.schedule"]

# --- languages, time, static files -------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = DEBUG

# --- back office -------------------------------------------------------------------------------

# The theme reads its settings by this name.
UNFOLD = theme.THEME

# --- people ------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "config.hashers.HouseArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.accounts.HouseAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "config.accounts.HouseMFAAdapter"
MFA_TOTP_ISSUER = "Tianping"
# allauth forbids it against strangers who sign up with somebody else's address; nobody signs up
# here, and staff who opened the page of addresses could never enrol afterwards.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1  # a period to either side: phones are not atomic clocks

# --- partner API -------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["payments.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["config.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.api.pagination.CursorPage",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.errors.problem_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    # `?format=` is a parameter like any other, and an unknown one.
    "URL_FORMAT_OVERRIDE": None,
    # Forwarding headers are read in config/middleware.py and nowhere else.
    "NUM_PROXIES": 0,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tianping",
    "DESCRIPTION": "Payments and settlement for a marketplace.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

# --- browsers ----------------------------------------------------------------------------------

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

DEFAULT_EXCEPTION_REPORTER_FILTER = "config.reporting.ReticentReporterFilter"
LOGGING = logging.settings(
    level=env.text("LOG_LEVEL", default="INFO"),
    as_json=env.flag("LOG_JSON", default=False),
)
