"""Contacts named in tasks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.personal_rows import in_texts
from banso_web.lifecycle.models import Task

FIELDS = (in_texts("tasks", _("タスク"), Task, ("title",)),)
