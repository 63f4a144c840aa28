"""What an attacker tries across pages: being led away, another site's name, a file outside its folder, more fields than asked."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from banso_web.conftest import person as person
from banso_web.core.models import SavedView
from banso_web.members.models import Member
from banso_web.operations.backup.reading import BadArchive, read_archive

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "///evil.example",
    "javascript:alert(1)",
)
PASSWORD = "quiet river stone 81"


@pytest.mark.django_db
@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_log_in_leads_nowhere_else(target: str, person: Callable[[str], Member]) -> None:
    member = person("sato")
    member.email = "sato@example.jp"
    member.set_password(PASSWORD)
    member.save()
    answer = Client().post("/login/", {"login": member.email, "password": PASSWORD, "next": target})
    assert answer.status_code == 302
    assert answer["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_saved_view_leads_nowhere_else_and_takes_no_owner(
    target: str, person: Callable[[str], Member]
) -> None:
    client, sato = Client(), person("sato")
    client.force_login(sato)
    given = {
        "page": "customers",
        "query": "q=a",
        "name": "x",
        "next": target,
        "owner": str(person("kanri").pk),
    }
    answer = client.post("/views/save/", given)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert SavedView.objects.get().owner == sato


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "home/files/planted"])
def test_an_archive_brings_nothing_that_its_manifest_does_not_name(name: str, tmp_path: Path) -> None:
    archive, folder = tmp_path / "a.tar.gz", tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    manifest = json.dumps({"format": 2, "sha256": {}, "migrations": [], "tables": {}}).encode()
    with tarfile.open(archive, "w:gz") as tar:
        for member, data in (("manifest.json", manifest), (name, b"x")):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    with pytest.raises(BadArchive):
        read_archive(archive, folder)
    assert not (tmp_path / "in" / "outside").exists()
