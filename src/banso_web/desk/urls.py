from __future__ import annotations

from django.urls import URLPattern, path

from banso_web.desk.views import customer, customers, home, matching, personal, portfolio

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("customers/", customers.customer_list, name="customers"),
    path("customers/bulk/", customers.bulk_edit, name="customers_bulk"),
    path("customers/undo/", customers.undo, name="customers_undo"),
    path("customers/matching/", matching.matching_page, name="matching"),
    path("customers/matching/decide/", matching.decide, name="matching_decide"),
    path("customers/matching/<int:merge_id>/undo/", matching.undo, name="matching_undo"),
    path("customers/<int:account_id>/", customer.customer, name="customer"),
    path("customers/<int:account_id>/edit/", customer.customer_edit, name="customer_edit"),
    path("customers/<int:account_id>/timeline/", customer.customer_timeline, name="customer_timeline"),
    path("contacts/personal/", personal.find, name="personal"),
    path("contacts/<int:contact_id>/personal/", personal.personal, name="personal_contact"),
    path("contacts/<int:contact_id>/personal/disclose/", personal.disclose, name="personal_disclose"),
    path("contacts/<int:contact_id>/personal/erase/", personal.erase, name="personal_erase"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
]
