"""機能の定義: the editor with its preview, undo, who may; and counting over all of history that can be cut off."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.collect.models import Source
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.models import AuditRow
from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import desk as desk
from banso_web.usage.actions import keeping
from banso_web.usage.jobs import keep_all
from banso_web.usage.models import Feature, UsageKept
from banso_web.usage.reads import kept as reads
from banso_web.usage.reads.definitions import features
from banso_web.usage.reads.kept import FEATURE, Defined, progress
from banso_web.usage.tests.test_adoption import OPEN, define, events, usage
from banso_web.usage.tests.test_adoption import company as company
from banso_web.usage.tests.test_events import send

pytestmark = pytest.mark.django_db
NEW = "/settings/features/new/"


def form(name: str, *rules: tuple[str, str, str, str], **more: Any) -> dict[str, Any]:
    """(event, starts, property, values) rows as the page sends them."""
    found: dict[str, Any] = {"name": name, "rules-TOTAL_FORMS": len(rules), "rules-INITIAL_FORMS": 0, **more}
    for at, values in enumerate(rules):
        for key, value in zip(("name", "starts", "property", "values_text"), values, strict=True):
            found[f"rules-{at}-{key}"] = value
    return found


def now() -> Asked:
    return Asked(clock.today(), clock.today(), current_watermark())


def test_a_preview_counts_events_of_unknown_groups_like_their_people(
    company: dict[str, Account], desk: Any, source: Source
) -> None:
    send(events("X2", 2, OPEN[-1], "帳票") + events("nobody-yet", 3, OPEN[-1], "帳票"))
    page = desk("kanri").client.post(NEW, form("帳票", ("帳票", "", "", ""), deed="preview")).content.decode()
    cells = re.findall(r'<td class="num">([^<]*)</td>', page)
    assert cells[:3] == ["5", "5", "1"]  # events, people, customers


def test_a_try_does_not_tell_who_may_not_see_people_whether_a_value_is_there(
    company: dict[str, Account], desk: Any, source: Source
) -> None:
    send(events("X2", 1, OPEN[-1], "帳票", email="taro@example.jp"))
    kanri = desk("kanri").client
    told = kanri.post(NEW, form("帳票", ("帳票", "", "email", "taro@example.jp"), deed="preview"))
    assert told.status_code == 422 and "先方担当者を見る権限" in told.content.decode()
    assert '<td class="num">' not in told.content.decode()
    assert (
        kanri.post(NEW, form("帳票", ("帳票", "", "department", "営業部"), deed="preview")).status_code == 200
    )


@pytest.mark.parametrize("name", ["$browser", "*", "$.a[*]", "a/b~1", "/a"])
def test_a_property_is_a_name_whatever_letters_it_has(
    company: dict[str, Account], mender: Any, source: Source, name: str
) -> None:
    send(
        events("X2", 3, OPEN[-1], "帳票", **{name: "S"}) + events("X2", 1, OPEN[-1], "帳票", a="S", other="S")
    )
    asked = form("帳票", ("帳票", "", name, "S"), deed="preview")
    page = mender.client.post(NEW, asked)
    assert page.status_code == 200
    assert re.search(r'30.*?<td class="num">3</td>', page.content.decode(), re.DOTALL)


def test_a_preview_counts_real_history_and_saves_nothing(
    company: dict[str, Account], desk: Any, source: Source
) -> None:
    define("申請")
    send(
        events("X2", 3, OPEN[-1], "帳票") + events("X2", 2, date(2026, 9, 10), "帳票") + events("X2", 1, OPEN[-1], "帳票_削除")
        + events("X1", 2, OPEN[-1], "通知")
    )  # fmt: skip
    page = (
        desk("kanri")
        .client.post(NEW, form("帳票", ("帳票", "1", "", ""), ("申請", "", "", ""), deed="preview"))
        .content.decode()
    )
    assert "まだ保存していません" in page and not Feature.objects.filter(name="帳票").exists()
    # 30 days: 3 + 1 events, and 申請 of the files: 19 × 20 of X1 and 19 × 6 of X3, by their events column.
    assert ">498</td>" in page and ">500</td>" in page
    assert (
        "両方に数えます" in page
        and "ファイルからは、人ごとの利用者数は分かりません" not in page[: page.index("まだ保存していません")]
    )
    assert "承認" in page[page.index("どの機能にも入らないまま残る名前") :]
    none = (
        desk("kanri")
        .client.post(NEW, form("x", ("ないイベント", "", "", ""), deed="preview"))
        .content.decode()
    )
    assert "当てはまるイベントはありません" in none


def test_saving_changing_and_taking_back(company: dict[str, Account], desk: Any) -> None:
    kanri = desk("kanri")
    listing = kanri.text("/settings/features/")
    assert "承認" in listing and "機能にする" in listing
    assert 'value="承認"' in kanri.text(NEW, name="承認")
    for wrong in (
        form("", ("a", "", "", "")),
        form("x"),
        form("x", ("a", "", "p", "")),
        form("x", ("", "", "", "1")),
    ):
        assert kanri.client.post(NEW, wrong).status_code == 422, wrong
    saved = kanri.client.post(
        NEW, form("承認", ("承認", "", "", ""), ("決裁", "1", "via", "web、api"), core="on")
    )
    feature = Feature.objects.get(name="承認")
    assert saved.status_code == 302 and saved["Location"].endswith(f"/settings/features/{feature.pk}/")
    assert feature.rules[1] == {"name": "決裁", "starts": True, "property": "via", "values": ["web", "api"]}
    url, seen = f"/settings/features/{feature.pk}/", feature_version(feature)
    assert (
        kanri.client.post(url, form("承認", ("承認", "", "", ""), seen=seen, reason="整理")).status_code
        == 302
    )
    assert (
        kanri.client.post(url, form("古い", ("承認", "", "", ""), seen=seen)).status_code == 422
    )  # somebody else saved
    page = kanri.text(url)
    assert "整理" in page and page.count("この変更を元に戻す") == 1
    undo = f"{url}undo/{feature_version(feature)}/"
    assert kanri.post(undo).status_code == 302
    feature.refresh_from_db()
    assert feature.core and len(feature.rules) == 2
    kanri.post(f"{url}retire/")
    assert kanri.get(url).status_code == 404 and "承認" in kanri.text("/settings/features/")
    kanri.post(f"{url}undo/{feature_version(feature)}/")
    assert kanri.get(url).status_code == 200
    deeds = list(AuditRow.objects.filter(subject="feature").order_by("pk").values_list("action", flat=True))
    assert deeds == ["feature.save", "feature.save", "feature.undo", "feature.retire", "feature.undo"]
    assert (
        desk("tanaka").get(NEW).status_code == 403 and desk("tanaka").post(f"{url}retire/").status_code == 403
    )


def feature_version(feature: Feature) -> int:
    from banso_web.accounts.actions.stating import latest

    return latest("feature", feature.pk)


def kept(feature_id: int) -> dict[date, tuple[int, int, int]]:
    rows = UsageKept.objects.filter(subject_id=feature_id)
    return {
        day: (accounts, users, count)
        for day, accounts, users, count in rows.values_list("day", "accounts", "users", "events")
    }


def standing(feature_id: int) -> tuple[int, int]:
    (line,) = [one for one in features(now()) if one.id == feature_id]
    found = progress(Defined(FEATURE, feature_id, line.definition), now())
    return found.done, found.total


def test_all_of_history_is_counted_and_a_cut_off_filling_goes_on(
    company: dict[str, Account], desk: Any, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(events("X2", 3, OPEN[0]) + events("X2", 2, date(2026, 3, 2)))
    feature = define("申請")
    assert standing(feature) == (0, 20)  # 19 days of files, one of them with events too, and 3/2
    monkeypatch.setattr(reads, "BLOCK", 7)
    real, calls = keeping.count, []

    def killed(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 3:  # two weeks are there
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(keeping, "count", killed)
    with pytest.raises(KeyboardInterrupt):
        keep_all.func()
    assert standing(feature) == (10, 20)
    assert "10 / 20 日" in desk("sato").text(f"/usage/adoption/features/{feature}/")
    monkeypatch.setattr(keeping, "count", real)
    assert keep_all.func() == 10 and keep_all.func() == 0
    found = kept(feature)
    # X1 10 people and X3 3, of files; X2 3 by events; 3/2 X2 alone.
    assert (
        found[OPEN[0]] == (3, 16, 29)
        and found[OPEN[1]] == (2, 13, 26)
        and found[date(2026, 3, 2)] == (1, 2, 2)
    )
    page = desk("sato").text(f"/usage/adoption/features/{feature}/")
    assert (
        "日</p>" not in page[page.index("feature-progress") :].split("</h2>")[0]
        or "過去を数えています" not in page
    )


def test_files_that_come_while_their_days_are_counted_are_in(
    company: dict[str, Account], bring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    feature, real, brought = define("申請"), keeping.count, []

    def meanwhile(*given: Any) -> Any:
        told = real(*given)
        if not brought:
            brought.append(bring(usage_daily=usage([("X4", OPEN[-1], "申請", 1, None)])))
        return told

    monkeypatch.setattr(keeping, "count", meanwhile)
    keep_all.func()
    keep_all.func()
    assert kept(feature)[OPEN[-1]] == (3, 14, 28)


def test_late_events_and_files_and_another_definition_are_counted_anew(
    company: dict[str, Account], source: Source, bring: Any
) -> None:
    feature = define("申請")
    assert keep_all.func() == 19
    send(events("X2", 3, OPEN[2]))
    assert standing(feature) == (18, 19) and keep_all.func() == 1
    assert kept(feature)[OPEN[2]] == (3, 16, 29)
    bring(usage_daily=usage([("X4", OPEN[3], "申請", 1, None)]))
    assert standing(feature)[0] < 19
    keep_all.func()
    assert kept(feature)[OPEN[3]] == (3, 14, 28)
    from banso_web.usage.actions.features import save_feature

    save_feature({"name": "申請", "core": False, "rules": [{"name": "申請"}]}, actor=None, feature_id=feature)
    assert standing(feature) == (19, 19)  # core or not: what it counts is the same
    save_feature({"name": "申請", "rules": [{"name": "承認"}]}, actor=None, feature_id=feature)
    assert standing(feature) == (0, 19)
    keep_all.func()
    assert sum(users for _accounts, users, _count in kept(feature).values()) == 20
