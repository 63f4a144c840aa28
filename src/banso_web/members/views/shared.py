"""What these pages share."""

from __future__ import annotations

from typing import cast

from django import forms
from django.http import HttpRequest

from banso_web.core.errors import Refused
from banso_web.members.models import Member


def reader(request: HttpRequest) -> Member:
    """The member who asks (the page decorator has let nobody else in)."""
    return cast(Member, request.user)


def show_refusal(form: forms.Form, problem: Refused) -> None:
    """An action's refusal onto the form: beside its fields, or above all where it has none."""
    placed = False
    for field, message in problem.fields.items():
        if field in form.fields:
            form.add_error(field, message)
            placed = True
    if not placed:
        form.add_error(None, problem.message)
