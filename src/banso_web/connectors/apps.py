from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "banso_web.connectors"
    label = "connectors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from importlib import import_module
        from importlib.util import find_spec

        # What must reach upward (import, search, audit, erasure, navigation) is registered here.
        if find_spec("banso_web.connectors.registrations"):
            import_module("banso_web.connectors.registrations")
