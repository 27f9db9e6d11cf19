"""All settings, read from the environment. Each reader below names its variable, its default and its bounds.

Defaults suit a laptop; a wrong value fails at start, naming the setting and what would be right.
"""

from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.management.utils import get_random_secret_key
from django.templatetags.static import static

from config import embedded
from config.lib import env
from config.navigation import DEMO_SIDEBAR, SIDEBAR

BASE_DIR = Path(__file__).resolve().parent.parent
SOJOURN_HOME = embedded.create_home()

# Who may reach us, and as what -------------------------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", False)
DEMO = env.boolean("DEMO", False)  # the demo's mailbox and shop under /demo/; make demo switches it on
# The base of tracking and unsubscribe links, so it must be reachable from people's mailboxes.
PUBLIC_URL = env.url("PUBLIC_URL", "http://127.0.0.1:8000", schemes={"http", "https"})
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", _public.hostname or ""])
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
PORT = env.integer("PORT", 8000, lowest=1, highest=65535)
WEB_PROCESSES = env.integer("WEB_PROCESSES", 1, lowest=1, highest=64)
# Proxies before us that say whom they call for (X-Forwarded-For). With HTTPS there is one, since we speak HTTP only.
PROXIES = env.integer("PROXIES", int(_public.scheme == "https"), lowest=0, highest=10)
WEB_THREADS = env.integer("WEB_THREADS", 18, lowest=1, highest=256)  # of each; more than one project may keep busy

# Made once and kept in SOJOURN_HOME when unset. Machines that share a database must share both: links signed and
# credentials encrypted on one are read on the others (`check --deploy` warns).
SECRET_KEY = env.secret("SECRET_KEY", SOJOURN_HOME / "secret_key", get_random_secret_key)
# Provider credentials at rest: the first key encrypts, all of them decrypt.
FIELD_ENCRYPTION_KEYS = env.fernet_keys(
    "FIELD_ENCRYPTION_KEYS",
    env.secret("FIELD_ENCRYPTION_KEYS", SOJOURN_HOME / "field_encryption_key", lambda: Fernet.generate_key().decode()),
)

_https = _public.scheme == "https"
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Apps ----------------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "django_fsm",
    "django_celery_beat",
    "django_vite",
    "corsheaders",
    "profiles",
    "segments",
    "channels",
    "journeys",
]

MIDDLEWARE = [
    "profiles.middleware.PartnerCalls",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.middleware.AccountTime",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.notices.bell",
            ],
        },
    },
]

# Database ------------------------------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **(_database := env.postgres("DATABASE_URL", embedded.database_url())),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _database["OPTIONS"]
        | {
            "server_side_binding": True,
            # Tables grow from empty within one burst: a generic plan made on an empty table would scan it for ever.
            "options": _database["OPTIONS"].get("options", "") + " -c jit=off -c plan_cache_mode=force_custom_plan",
        },
    }
}
# Partitioned by month of the given column; profiles.partitions makes the months ahead.
PARTITIONED_TABLES = {"profiles_event": "at", "channels_message": "queued_at", "journeys_step": "at"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Time ----------------------------------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"  # how times are stored; what people see follows ACCOUNT_TIMEZONE
ACCOUNT_TIMEZONE = env.time_zone("ACCOUNT_TIMEZONE", "UTC")
TICK_OFFSET_MINUTES = env.integer("TICK_OFFSET_MINUTES", 0, lowest=0, highest=59)  # the hourly tick's minute
APPROVAL = env.boolean("APPROVAL", False)  # on: whoever asks for a draft's approval cannot publish it, domain 13
MOST_ACTIVE_VERSIONS = env.integer("MOST_ACTIVE_VERSIONS", 0, lowest=0, highest=100_000)  # 0: any number, domain 2.5
SYSTEM_CONTROL_PERCENT = env.integer("SYSTEM_CONTROL_PERCENT", 0, lowest=2, highest=5, or_zero=True)  # domain 3.7

# Engine and channels ---------------------------------------------------------------------------------------------

ENGINE_BATCH = env.integer("ENGINE_BATCH", 4000, lowest=1, highest=100_000)  # people a transaction
PUMP_SECONDS = env.integer("PUMP_SECONDS", 5, lowest=1, highest=3600)  # that a worker routes before other tasks
DISPATCH_BATCH = env.integer("DISPATCH_BATCH", 500, lowest=1, highest=10_000)  # messages a claim
LANES_AT_ONCE = env.integer("LANES_AT_ONCE", 32, lowest=1, highest=64)  # that a worker takes when clocks come
UPLOAD_CONCURRENCY = env.integer("UPLOAD_CONCURRENCY", 15, lowest=1, highest=1000)  # calls at once, domain 11.1
ALLOW_PRIVATE_ADDRESSES = env.boolean("ALLOW_PRIVATE_ADDRESSES", False)  # webhooks to the machine's own network
WAKE_ENABLED = env.boolean("WAKE_ENABLED", True)  # off: workers find work only by beat, each second

# Celery ----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.url(
    "BROKER_URL", embedded.broker_url(), schemes={"redis", "rediss", "redis+socket", "valkey", "amqp", "amqps"}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = False  # tasks drain what is there; one that is lost is made up for by the next
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = 2**31  # tasks a connection; config.celery lets go of those that broke
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"


def _every(task: str, seconds: float) -> dict[str, object]:
    """A beat entry whose task expires before the second next one: late workers do not find a heap of them."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(2 * seconds, 5)}}


CELERY_BEAT_SCHEDULE = {
    "move people": _every("journeys.pump", 1),
    "send messages": _every("channels.dispatch", 1),
    "start and complete journeys, run past behaviour": _every("journeys.clock", 5),
    "make partitions ahead": _every("profiles.partitions", 3600),
    "play rehearsals": _every("journeys.rehearse", 10),
    "forget rehearsals": _every("journeys.forget_rehearsals", 3600),
    "fold what lanes counted": _every("journeys.fold", 3600),
    "forget old event ids": _every("profiles.expire", 3600),
    "forget what no device shows any more": _every("channels.forget", 3600),
    "read uploaded lists": _every("segments.imports", 10),
    "read uploaded files of profiles": _every("profiles.files", 10),
    "count saved segments": _every("segments.counts", 600),
    "make reports": _every("journeys.reports", 60),
    "mail notices": _every("config.notices", 60),
}

# Mail of our own: notices to users. What journeys send goes by the providers set up in the back office. -----------

EMAIL_HOST = env.text("EMAIL_HOST")  # empty: notices are only shown in the back office
EMAIL_PORT = env.integer("EMAIL_PORT", 587, lowest=1, highest=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", bool(EMAIL_HOST_USER))  # a password must not travel in the open
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"Sojourn <sojourn@{_public.hostname}>")

# API -------------------------------------------------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "config.api.answer",
    "NUM_PROXIES": PROXIES,
}
# Calls of pages. Which origins may read the answers is asked key by key: profiles.sites.
CORS_URLS_REGEX = r"^/1/web/"
CORS_ALLOW_METHODS = ["GET", "POST"]
# How often visitors have called of late; each process counts its own.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 50_000}}}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sojourn",
    "DESCRIPTION": "Upload events, profiles and device tokens.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Pages -----------------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# What `make bundle` built. Its names hold a hash of what is in them, so browsers may keep them for ever.
DJANGO_VITE = {
    "default": {"manifest_path": STATICFILES_DIRS[0] / "islands" / "manifest.json", "static_url_prefix": "islands"}
}
WHITENOISE_IMMUTABLE_FILE_TEST = r"/islands/assets/.+-[\w-]{8}\.\w+$"
MEDIA_ROOT = SOJOURN_HOME / "media"
REPORTS_ROOT = SOJOURN_HOME / "reports"  # files of reports; shared by the machines that make and those that serve them
UPLOADS_ROOT = SOJOURN_HOME / "uploads"  # files of lists; shared by the machines that upload and those that read
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
UNFOLD = {
    "SITE_TITLE": "Sojourn",
    "SITE_HEADER": "Sojourn",
    "SITE_SUBHEADER": "Customer journeys",
    "SITE_SYMBOL": "route",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_URL": None,
    "DASHBOARD_CALLBACK": "config.home.dashboard",
    "SIDEBAR": {"navigation": [*SIDEBAR[:1], *DEMO_SIDEBAR, *SIDEBAR[1:]] if DEMO else SIDEBAR},
    "STYLES": [lambda request: static("backoffice/backoffice.css")],
    "SCRIPTS": [lambda request: static("backoffice/backoffice.js")],
}

# Logs ------------------------------------------------------------------------------------------------------------

LOG_LEVELS = ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", "INFO", LOG_LEVELS)},
    "loggers": {
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}
