"""The web server's entry point."""

import os

from django.core.wsgi import get_wsgi_application

from config import embedded, garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
embedded.ensure()
application = get_wsgi_application()
garbage.settle()
