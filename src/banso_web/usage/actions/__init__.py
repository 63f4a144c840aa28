"""Deeds on usage: the detection of a day, quiet times, closing a signal."""

from banso_web.usage.actions.answering import close_alert, end_snooze, snooze
from banso_web.usage.actions.detecting import ask_to_detect, detect, may_detect
from banso_web.usage.actions.judging import Ran
from banso_web.usage.actions.seeing import see

__all__ = ["Ran", "ask_to_detect", "close_alert", "detect", "end_snooze", "may_detect", "see", "snooze"]
