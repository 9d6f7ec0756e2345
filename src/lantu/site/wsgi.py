"""The entry point of the production server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lantu.site.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from lantu.office.warming import warm_up

application = get_wsgi_application()
_ = get_resolver().url_patterns  # all pages are read now, not when the first reader asks for one
warm_up()
