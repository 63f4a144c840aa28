from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.desk.views import customer, customers, home, portfolio

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("customers/", customers.customer_list, name="customers"),
    path("customers/bulk/", customers.bulk_edit, name="customers_bulk"),
    path("customers/undo/", customers.undo, name="customers_undo"),
    path("customers/<int:account_id>/", customer.customer, name="customer"),
    path("customers/<int:account_id>/edit/", customer.customer_edit, name="customer_edit"),
    path("customers/<int:account_id>/timeline/", customer.customer_timeline, name="customer_timeline"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
]
