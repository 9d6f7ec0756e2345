"""The entry point of the production server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lantu.site.settings")

from django.core.wsgi import get_wsgi_application

from lantu.office.warming import warm_up

application = get_wsgi_application()
warm_up()
