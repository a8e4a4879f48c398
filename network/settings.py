"""One settings file; installations differ by their environment alone."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


# -- What differs between installations ------------------------------------------------------------------------------

DEBUG = env("DEBUG") == "1"
VAR_DIR = Path(env("VAR_DIR", str(BASE_DIR / "var")))
SECRET_KEY = env("SECRET_KEY", "unset")
FIELD_KEYS = env_list("FIELD_KEYS")  # root keys, 32 bytes base64 each: the first wraps, the others unwrap
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,testserver" if DEBUG else "")
BEHIND_PROXY = env("BEHIND_PROXY") == "1"
HTTPS = env("HTTPS") == "1"
CHECKPOINT_DIR = Path(env("CHECKPOINT_DIR", str(VAR_DIR / "checkpoints")))
REGION_NAMES = dict(part.partition("=")[::2] for part in env_list("REGIONS", "US"))  # US, or US=United States
REGIONS = list(REGION_NAMES)
SITE_NAME = env("SITE_NAME", "Referral network")
SITE_URL = env("SITE_URL", "http://127.0.0.1:8000")  # what links in mails begin with
REQUIRE_SECOND_STEP = env("REQUIRE_SECOND_STEP", "0" if DEBUG else "1") == "1"  # for admins and coordinators
PROBE_TOKEN = env("PROBE_TOKEN")
OUTWARD_PORTS = env_list("OUTWARD_PORTS", "443")  # of other hosts; core/outward.py dials no other

# -- Applications and the way of a request -----------------------------------------------------------------------------

INSTALLED_APPS = [
    "network.core",
    "network.accounts",
    "network.partners",
    "network.people",
    "network.referrals",
    "network.graph",
    "network.notify",
    "network.demo",
    "frontend",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "network.core.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "network.core.headers.SafeHeaders",
    "frontend.middleware.CrisisFirst",
    "network.core.limits.LargestRequest",
    "network.core.unavailable.DatabaseAway",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "network.accounts.middleware.SignedInAge",
    "network.accounts.middleware.WhoIsAsking",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "frontend.middleware.OwnNotFound",
]

# E-mail is unique whatever its case by a constraint on Lower(email), which this check cannot see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

ROOT_URLCONF = "network.urls"
ASGI_APPLICATION = "network.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["frontend.templatetags.words"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "frontend.context.frame",
            ],
        },
    },
]

FORM_RENDERER = "frontend.renderer.Parts"

# -- Database ------------------------------------------------------------------------------------------------------------

# FULL and WAL: an acknowledged write survives a crash. IMMEDIATE: a transaction that will write says so at once, else two
# readers that upgrade fail with "database is locked" however long they wait. recursive_triggers: INSERT OR REPLACE
# deletes without firing delete triggers, and the log is append-only by triggers.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA recursive_triggers=ON;PRAGMA secure_delete=ON",
}
WEB_THREADS = int(env("WEB_THREADS", "4"))
STATEMENT_TIMEOUT = env("STATEMENT_TIMEOUT", "15s")  # workers set 10min


def database(url: str) -> dict[str, Any]:
    """Django's settings for `url`: empty for SQLite in VAR_DIR, sqlite:///path, or postgresql://user:word@host:port/name."""
    parts = urlsplit(url)
    if not url or parts.scheme == "sqlite":
        name = unquote(parts.path[1:]) if url else str(VAR_DIR / "network.sqlite3")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name, "CONN_MAX_AGE": None, "OPTIONS": SQLITE_OPTIONS}
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    # No statement of ours runs long enough to win back what compiling it costs.
    limits = f"-c lock_timeout=2s -c statement_timeout={STATEMENT_TIMEOUT} -c idle_in_transaction_session_timeout=30s -c jit=off"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": query.get("port", str(parts.port or "")),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 2, "max_size": WEB_THREADS + 4, "timeout": 5}, "options": limits},
    }


DATABASES = {"default": database(env("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Redis: hints between processes, and counters. Without it the in-memory ones serve one process -----------------------

REDIS_URL = env("REDIS_URL")
# redis-py 8 gives sockets five seconds by default, after which an idle subscription dies: None, said outright.
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
CACHES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20_000}}
}

# Sockets that one address may open a minute, in multiples of 20: a shelter's whole office comes from one.
SOCKET_RATE_FACTOR = int(env("SOCKET_RATE_FACTOR", "5"))

# -- Deferred work ---------------------------------------------------------------------------------------------------------

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["crisis", "default", "outward"]}}

# -- Gap analysis ------------------------------------------------------------------------------------------------------------

GRAPH_MEMORY_MB = int(env("GRAPH_MEMORY_MB", "3072"))  # of the process that computes a report; 0: no limit

# -- Sign-in -----------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "inbox"
ACCOUNT_ADAPTER = "network.accounts.adapter.Door"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = {"login_failed": "5/m/key,20/m/ip", "login": "30/m/ip", "reset_password": "20/m/ip,5/m/key"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_IDLE_SECONDS = int(env("SESSION_IDLE_SECONDS", "900"))
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = env_list("TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "frontend.views.errors.csrf_failed"

OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.Application"
SCOPES = {
    "directory.read": "Read the directory",
    "directory.write": "Change the organisation's own entries of the directory",
    "referrals.read": "Read referrals of the organisation",
    "referrals.write": "Send, answer and close referrals of the organisation",
    "reports.read": "Read aggregates",
    "identity.read": "Read who a referral is about, where the organisation may know",
    "sensitive.read": "Read referrals under a label",
    "events.all": "Read the whole event sequence of the organisation",
    "webhooks.manage": "Manage webhooks",
}
OAUTH2_PROVIDER = {
    "SCOPES": SCOPES,
    "DEFAULT_SCOPES": [],
    "SCOPES_BACKEND_CLASS": "network.accounts.oauth.GrantedScopes",
    "OAUTH2_VALIDATOR_CLASS": "network.accounts.oauth.Validator",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 600,
    # Client credentials are the only grant; what else the library can do is closed as RFC 9700 has it.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "ALLOWED_GRANT_TYPES": ["client_credentials"],
}

# -- The API -------------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["network.accounts.oauth.BearerToken", "network.accounts.oauth.SignedInBrowser"],
    "DEFAULT_PERMISSION_CLASSES": ["network.accounts.permissions.SignedIn"],
    "DEFAULT_PARSER_CLASSES": ["network.core.parsing.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "network.core.pagination.SealedCursorPagination",
    "DEFAULT_THROTTLE_CLASSES": ["network.core.throttles.ActorThrottle"],
    "DEFAULT_SCHEMA_CLASS": "network.core.schema.Operation",
    "EXCEPTION_HANDLER": "network.core.problems.handler",
    "DEFAULT_VERSIONING_CLASS": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Referral network",
    "DESCRIPTION": "Referrals between partner organisations. Every referral carries `actions`: what this caller may do now.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "ENUM_NAME_OVERRIDES": {"WeekdayEnum": "network.people.serializers.WEEKDAYS"},
}
# Called with the kind and the bytes of a file before anybody is served it; gives what is wrong with it, or None.
ATTACHMENT_SCANNER = env("ATTACHMENT_SCANNER", "network.referrals.files.scan")
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

# -- Pages ---------------------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "frontend" / "locale"]
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["frontend.formats"]
TIME_ZONE = "UTC"
APPEND_SLASH = False
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# Leaflet's files are found beside its Django app, which is neither imported nor installed: its tags write inline scripts.
_LEAFLET = find_spec("leaflet")
STATICFILES_DIRS = [
    ("leaflet", Path(folder) / "static" / "leaflet") for folder in (_LEAFLET.submodule_search_locations or [] if _LEAFLET else [])
]
STATICFILES_FINDERS = ["network.core.static.LibraryFiles", "django.contrib.staticfiles.finders.AppDirectoriesFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "network.core.static.HashedStatic"},
}
WHITENOISE_MAX_AGE = 0 if DEBUG else 31_536_000

# -- Headers: the policy itself is in core/headers.py --------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# -- Mail ------------------------------------------------------------------------------------------------------------------------

EMAIL_BACKEND = env("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_HOST = env("EMAIL_HOST", "localhost")
EMAIL_PORT = int(env("EMAIL_PORT", "25"))
EMAIL_HOST_USER = env("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env("EMAIL_USE_TLS") == "1"
DEFAULT_FROM_EMAIL = env("MAIL_FROM", "network@localhost")
VAPID_KEY = env("VAPID_KEY")  # signs web push: 32 bytes of a P-256 key in URL-safe base64; without it there is none
UNDO_SECONDS = int(env("UNDO_SECONDS", "10"))  # mail and push wait so long after a move that may be taken back

# -- Logs: core/logs.py keeps an allow-list of keys -------------------------------------------------------------------------------

LOGGING_CONFIG = "network.core.logs.configure"
LOGGING = {"level": env("LOG_LEVEL", "INFO")}
