"""The addresses of the tracking protocol and of webhooks."""

from django.urls import path

from banso_web.collect import views

urlpatterns = [
    path("v1/<slug:path>", views.collect, name="collect"),
    path("v1/webhook/<slug:key>", views.webhook, name="webhook"),
]
