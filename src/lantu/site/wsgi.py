"""The entry point of the production server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lantu.site.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
