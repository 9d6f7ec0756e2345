"""Settings of the site. What an operator chooses comes from the environment; see docs/operate.md."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url

from lantu.lake import Workspace
from lantu.ledgers.database import FILE_NAME, URL_VARIABLE

_WORKSPACE = Workspace.open(create=True)
LANTU_WORKSPACE = _WORKSPACE.path.resolve()
LANTU_PACK = os.environ.get("LANTU_PACK", "beijing/2021")


def _secret() -> str:
    """The key that signs sessions; made once for each workspace, readable by its owner only."""
    file = LANTU_WORKSPACE / "secret.key"
    if not file.exists():
        fresh = LANTU_WORKSPACE / f"secret.{os.getpid()}.new"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(64), encoding="utf-8")
        with contextlib.suppress(FileExistsError):
            os.link(fresh, file)
        fresh.unlink()
    return file.read_text(encoding="utf-8")


SECRET_KEY = os.environ.get("LANTU_SECRET_KEY") or _secret()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("LANTU_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [each for each in os.environ.get("LANTU_ORIGINS", "").split(",") if each]
_HTTPS = os.environ.get("LANTU_HTTPS") == "1"

INSTALLED_APPS = [
    "lantu.office.accounts",
    "lantu.office.register",
    "lantu.office.jobs",
    "lantu.office.publications",
    "lantu.office.sheets",
    "lantu.office.notices",
    "lantu.site",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "huey.contrib.djhuey",
]

MIDDLEWARE = [
    "lantu.site.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "lantu.site.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lantu.site.middleware.sent_by_script",
    "lantu.site.middleware.language",
    "lantu.site.middleware.session_end",
    "lantu.site.middleware.errors",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "lantu.site.urls"
WSGI_APPLICATION = "lantu.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "lantu.site.context.everywhere",
            ],
            "builtins": ["lantu.site.templatetags.lantu"],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": dj_database_url.parse(os.environ[URL_VARIABLE], conn_max_age=600, conn_health_checks=True)
    if os.environ.get(URL_VARIABLE)
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": LANTU_WORKSPACE / FILE_NAME,
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;",
        },
    }
}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # as long as SQLite waits for a lock, and no longer than a person does for a server that is not there
    _OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
    _OPTIONS.setdefault("connect_timeout", 5)
    _OPTIONS.setdefault("options", "-c lock_timeout=20000")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 6
AXES_COOLOFF_TIME = dt.timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = None
AXES_LOCKOUT_CALLABLE = "lantu.site.pages.signing.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

SESSION_COOKIE_NAME = "lantu_session"
SESSION_COOKIE_AGE = 10 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _HTTPS
LANTU_IDLE_MINUTES = int(os.environ.get("LANTU_IDLE_MINUTES", "120"))
CSRF_COOKIE_NAME = "lantu_csrf"
CSRF_COOKIE_SECURE = _HTTPS
CSRF_FAILURE_VIEW = "lantu.site.pages.errors.forged"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31536000 if _HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
FORMAT_MODULE_PATH = ["lantu.site.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "lantu.site.statics.StampedStorage"},
}
STATICFILES_DIRS: list[str] = []
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 31536000
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
LANTU_LARGEST_FILE = 20 * 1024 * 1024
LANTU_LARGEST_DATA_FILE = 500 * 1024 * 1024
LANTU_KEEP_EXPORTS_DAYS = int(os.environ.get("LANTU_KEEP_EXPORTS_DAYS", "30"))
LANTU_KEEP_SHEETS_DAYS = int(os.environ.get("LANTU_KEEP_SHEETS_DAYS", "180"))
LANTU_KEEP_PICTURES_DAYS = int(os.environ.get("LANTU_KEEP_PICTURES_DAYS", "90"))

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}}}

HUEY = {
    "huey_class": "huey.SqliteHuey",
    "name": "lantu",
    "filename": str(LANTU_WORKSPACE / "jobs.sqlite"),
    "immediate": os.environ.get("LANTU_JOBS") == "immediate",
    "results": False,
}

LANTU_OIDC = {
    "issuer": os.environ.get("LANTU_OIDC_ISSUER", ""),
    "client_id": os.environ.get("LANTU_OIDC_CLIENT_ID", ""),
    "client_secret": os.environ.get("LANTU_OIDC_CLIENT_SECRET", ""),
}

LANTU_ADDRESS = (os.environ.get("LANTU_ADDRESS") or (CSRF_TRUSTED_ORIGINS or ["http://127.0.0.1:8021"])[0]).rstrip("/")
"""Under which the site is reached; begins the links in e-mails and webhooks."""
LANTU_WEBHOOK = {"url": os.environ.get("LANTU_WEBHOOK_URL", ""), "key": os.environ.get("LANTU_WEBHOOK_KEY", "")}
LANTU_MAIL = bool(os.environ.get("LANTU_SMTP_HOST"))
_SECURITY = os.environ.get("LANTU_SMTP_SECURITY", "starttls")
EMAIL_HOST = os.environ.get("LANTU_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("LANTU_SMTP_PORT") or {"tls": 465, "starttls": 587}.get(_SECURITY, 25))
EMAIL_HOST_USER = os.environ.get("LANTU_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("LANTU_SMTP_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _SECURITY == "starttls", _SECURITY == "tls"
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = os.environ.get("LANTU_MAIL_FROM", "lantu@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django.security.DisallowedHost": {"handlers": [], "propagate": False}},
}
