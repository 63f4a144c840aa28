"""The frame: every page of core opens in both languages, keeps its question, and draws what it is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from banso_web.members.models import Member

Person = Callable[[str], Member]


@pytest.fixture
def tanaka(client: Client, person: Person) -> Client:
    client.force_login(person("tanaka"))
    return client


@pytest.mark.parametrize("path", ["/styleguide", "/glossary/", "/search?q=NRR", "/settings/", "/settings/display/"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_pages_open_in_both_languages(tanaka: Client, path: str, language: str) -> None:
    tanaka.cookies["banso_language"] = language
    answer = tanaka.get(path)
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.content.decode()
