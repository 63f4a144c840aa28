"""A person at the import pages: uploads, answers the forms as they are shown, and lets the worker's jobs run."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from banso_web.ingest import jobs
from banso_web.ingest.models import ImportRun
from banso_web.members.models import Member


class Pages:
    """One browser, logged in as 田中 (CSマネージャー) unless told otherwise."""

    def __init__(self, person: Callable[[str], Member]) -> None:
        self.person = person
        self.client = Client()
        self.log_in("tanaka")

    def log_in(self, who: str) -> None:
        self.member = self.person(who)
        self.client = Client()
        self.client.force_login(self.member)

    def text(self, name: str, *args: Any, lang: str = "ja", **query: Any) -> str:
        response = self.client.get(reverse(name, args=args), {"lang": lang, **query})
        assert response.status_code == 200, (name, args, response.status_code)
        return unescape(response.content.decode())

    def upload(self, *files: tuple[str, str | bytes]) -> ImportRun:
        sent = [
            SimpleUploadedFile(name, data if isinstance(data, bytes) else data.encode())
            for name, data in files
        ]
        response = self.client.post("/imports/new/", {"files": sent})
        assert response.status_code == 302, unescape(response.content.decode())
        found = re.search(r"/imports/(\d+)/files/", response["Location"])
        assert found
        return ImportRun.objects.get(pk=int(found[1]))

    def shown(self, url: str) -> dict[str, Any]:
        """The values of the forms of a page, as a browser would send them back."""
        page = self.client.get(url, {"lang": "ja"})
        assert page.status_code == 200, (url, page.status_code)
        return form_values(page.content.decode())

    def choose(self, run: ImportRun, **answers: str) -> str:
        """Accept what the files page suggests, but for `answers`. Gives where it leads."""
        url = f"/imports/{run.pk}/files/"
        response = self.client.post(url, {**self.shown(url), "deed": "go", **answers})
        assert response.status_code == 302, unescape(response.content.decode())
        return str(response["Location"])

    def save_columns(self, run: ImportRun, at: int = 0, **answers: str) -> str:
        """Accept the suggested columns of a file, but for `answers`. Gives where it leads."""
        url = f"/imports/{run.pk}/files/{at}/columns/"
        response = self.client.post(url, {**self.shown(url), "deed": "go", **answers})
        assert response.status_code == 302, unescape(response.content.decode())
        return str(response["Location"])

    def preview(self, run: ImportRun, **answers: str) -> str:
        """The month totals after these answers, as the page shows them anew."""
        url = f"/imports/{run.pk}/preview/"
        response = self.client.post(url, {**self.shown(url), **answers}, headers={"HX-Request": "true"})
        assert response.status_code == 200
        return unescape(response.content.decode())

    def derive(self, run: ImportRun, **answers: str) -> ImportRun:
        """Accept the preview and let the worker check."""
        url = f"/imports/{run.pk}/preview/"
        response = self.client.post(url, {**self.shown(url), "deed": "go", **answers})
        assert response.status_code == 302, unescape(response.content.decode())
        assert response["Location"] == f"/imports/{run.pk}/"
        run.refresh_from_db()
        return self.work(run)

    def ledger(self, data: bytes, name: str = "契約台帳.xlsx") -> ImportRun:
        """A contract ledger all the way, everything as suggested."""
        run = self.upload((name, data))
        self.choose(run)
        self.save_columns(run)
        return self.confirm(self.derive(run))

    def work(self, run: ImportRun) -> ImportRun:
        """What the worker would do now."""
        jobs.check_import.call(run.pk, "ja")
        run.refresh_from_db()
        queued = run.options.get("queued", {})
        if queued.get("deed") == "write" and run.state in ("ready", "writing"):
            jobs.write_import.call(run.pk, self.member.pk, "ja", bool(queued["accept_rejects"]))
        run.refresh_from_db()
        return run

    def go(self, run: ImportRun, **answers: str) -> ImportRun:
        self.choose(run, **answers)
        return self.work(run)

    def confirm(self, run: ImportRun, **answers: str) -> ImportRun:
        response = self.client.post(f"/imports/{run.pk}/confirm/", answers)
        assert response.status_code == 302, unescape(response.content.decode())
        return self.work(run)


def form_values(html: str) -> dict[str, Any]:
    """Name → value of the inputs, selects and ticked boxes of a page (buttons and file fields left out)."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind, name = attributes.get("type", "text"), attributes.get("name", "")
        if not name or kind in ("file", "submit") or name == "csrfmiddlewaretoken":
            continue
        if kind in ("checkbox", "radio") and not re.search(r"\schecked\b", tag):
            continue
        found[name] = unescape(attributes.get("value", "on" if kind == "checkbox" else ""))
    for name, body in re.findall(r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)"[^>]*\sselected', body) or re.search(
            r'<option value="([^"]*)"', body
        )
        found[name] = unescape(chosen[1]) if chosen else ""
    for name, body in re.findall(r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.S):
        found[name] = unescape(body)
    return found
