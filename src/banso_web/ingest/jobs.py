"""Checking and writing an import in the worker. Each may be run twice or killed anywhere: the run's state says what is left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django_tasks import task

from banso_web.core import audit
from banso_web.core.errors import Conflict, Refused
from banso_web.ingest import actions, pace, undoing
from banso_web.ingest.models import ImportRun
from banso_web.ingest.sources import count_lines

if TYPE_CHECKING:
    from banso_web.members.models import Member

State = ImportRun.State


@task(queue_name="long")
def check_import(run_id: int, language: str) -> str:
    """Read and compare every row of a run that waits for it. Gives the state."""
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None or run.state not in (State.UPLOADED, State.CHECKING) or run.options.get("stage"):
        return ""
    with translation.override(language), audit.through("job"):
        _begin(run)
        try:
            run = actions.check_run(run)
        except Exception as problem:
            actions.fail(run, problem)
            raise
    return run.state


@task(queue_name="long")
def write_import(run_id: int, member_id: int | None, language: str, accept_rejects: bool) -> str:
    """Write and publish a confirmed run, or go on with one that was cut off. Gives the state."""
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None or run.state not in (State.READY, State.WRITING):
        return ""
    actor = get_user_model().objects.filter(pk=member_id).first() if member_id else None
    with translation.override(language), audit.through("job"):
        _begin(run)
        try:
            if run.state == State.READY:
                run = actions.confirm_run(run, actor=actor, accept_rejects=accept_rejects)
            else:
                run = actions.resume_run(run, actor=actor)
        except Refused as refused:
            ImportRun.objects.filter(pk=run.pk).update(failure=refused.message[:1000])
            return run.state
        except Exception as problem:
            ImportRun.objects.filter(pk=run.pk).update(failure=str(problem)[:1000])
            raise
    return run.state


@task(queue_name="long")
def undo_import(run_id: int, language: str) -> str:
    """Take back a published run of which somebody asked it, or go on where that was cut off. Gives the state."""
    run = ImportRun.objects.filter(pk=run_id).select_related("entry").first()
    if run is None or not undoing.is_asked(run):
        return ""
    asked = run.options["queued"]
    actor = get_user_model().objects.filter(pk=asked["actor"]).first() if asked["actor"] else None
    with translation.override(language), audit.through("job"):
        _begin(run)
        try:
            run = undoing.undo_run(
                run, actor=actor, reason=asked["reason"], accept=asked["accept"], progress=pace.writer(run)
            )
        except Conflict:
            return run.state  # another worker has it
        except Refused as refused:
            _given_up(run, refused.message)
        except Exception as problem:
            _given_up(run, str(problem))
            raise
    return run.state


def _given_up(run: ImportRun, why: str) -> None:
    """The import stands as before, and a person reads why."""
    run.options.pop("queued", None)
    ImportRun.objects.filter(pk=run.pk).update(options=run.options, failure=why[:1000])


def undo(run: ImportRun, *, actor: Member | None, reason: str, accept: bool) -> ImportRun:
    """Take a published run back: at once where little is to be read, else in the worker. Refused as `undoing.undo_run`."""
    undoing.require_undo(run, actor=actor, accept=accept)
    if undoing.is_asked(run):
        raise Refused(_("この取り込みは、すでに取り消しています。"), code="undoing")
    if not undoing.takes_time(run):
        return undoing.undo_run(run, actor=actor, reason=reason, accept=accept)
    queue_undo(run, {"actor": actor.pk if actor else None, "reason": reason, "accept": accept})
    return run


def queue_undo(run: ImportRun, asked: dict[str, Any]) -> None:
    """Put the undo into the worker's queue, in one transaction with the run's note of what was asked; again after a cut."""
    language = str(asked.get("language") or translation.get_language() or "ja")
    kept = {key: asked[key] for key in ("actor", "reason", "accept")}
    pace.forget(run)
    with transaction.atomic():
        run.options["queued"] = {**kept, "deed": "undo", "at": time.time(), "language": language}
        ImportRun.objects.filter(pk=run.pk).update(options=run.options, failure="")
        undo_import.enqueue(run.pk, language)


def _begin(run: ImportRun) -> None:
    queued = run.options.get("queued", {})
    run.options["queued"] = {**queued, "began": time.time()}
    if "lines" not in run.options:
        run.options["lines"] = count_lines(run)
    ImportRun.objects.filter(pk=run.pk).update(options=run.options, failure="")


def queue(run: ImportRun, deed: str, *, actor: Member | None, accept_rejects: bool = False) -> None:
    """Put the deed ("check" or "write") into the worker's queue, in one transaction with the run's note of it."""
    language = translation.get_language() or "ja"
    with transaction.atomic():
        run.options["queued"] = {
            "deed": deed,
            "at": time.time(),
            "accept_rejects": accept_rejects,
            "language": language,
        }
        ImportRun.objects.filter(pk=run.pk).update(options=run.options, failure="")
        if deed == "check":
            check_import.enqueue(run.pk, language)
        else:
            write_import.enqueue(run.pk, actor.pk if actor else None, language, accept_rejects)
