"""The page of the description: Swagger from this installation's own files, with the reader's session."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from banso_web.api.service import api
from banso_web.core.pages import page


@page()
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its shapes, to be tried with the reader's own rights (writes carry the CSRF token)."""
    return api.docs.render_page(request, api)
