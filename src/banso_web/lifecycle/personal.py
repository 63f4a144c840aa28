"""Contacts named in tasks."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.personal_rows import in_texts
from banso_web.lifecycle.models import Goal, Renewal, Task

FIELDS = (
    in_texts("tasks", _("タスク"), Task, ("title",)),
    in_texts(
        "renewals", _("更新の見通し"), Renewal, ("next_action", "note"), customer="contract__account_id"
    ),
    in_texts("goals", _("成果目標"), Goal, ("approver",)),
)
