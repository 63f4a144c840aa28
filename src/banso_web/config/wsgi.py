"""WSGI entry for granian or any other server."""

import os

from django.core.wsgi import get_wsgi_application

from banso_web.config.bodies import Bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "banso_web.config.settings")
#: Of the threads `banso up` gives a process, so many read bodies (operations.supervise.THREADS less two).
application = Bodies(get_wsgi_application(), at_once=6)
