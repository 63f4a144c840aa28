"""The addresses of the tracking protocol."""

from django.urls import path

from banso_web.collect import views

urlpatterns = [path("v1/<slug:path>", views.collect, name="collect")]
