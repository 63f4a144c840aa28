from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "banso_web.health"
    label = "health"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from importlib import import_module
        from importlib.util import find_spec

        # What must reach upward (import, search, audit, erasure, navigation) is registered here.
        if find_spec("banso_web.health.registrations"):
            import_module("banso_web.health.registrations")
