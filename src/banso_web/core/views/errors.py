"""Pages of the frame itself: errors and the liveness answer."""

from __future__ import annotations

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: the process answers."""
    return HttpResponse("ok", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 as bare text: what is wrong with the request may be its Host header, so nothing is drawn from it."""
    if isinstance(exception, DisallowedHost):
        text = _(
            "この名前では Banso を開けません。データは変わっていません。管理者は、使うアドレスを BANSO_PUBLIC_URL に、ほかの名前を BANSO_ALLOWED_HOSTS に設定してください。"
        )
    else:
        text = _(
            "この要求は読めません。データは変わっていません。前のページに戻って、もう一度お試しください。"
        )
    return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "core/error.html", {"code": 404}, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "core/error.html", {"code": 403, "message": str(exception)}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """The page that says so; bare text where even the frame cannot be drawn (the database may be what failed)."""
    try:
        return render(request, "core/error.html", {"code": 500}, status=500)
    except Exception:  # whatever it is, the reader must still get an answer
        text = _("エラーが起きました。この操作は取り消され、データは変わっていません。")
        return HttpResponse(text, status=500, content_type="text/plain; charset=utf-8")
