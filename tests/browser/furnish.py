"""Prepares a home for a browser journey, in a process of its own: `python -m tests.browser.furnish WHAT`.

The journeys run against the real product (web process and worker) in a home of its own, never against pytest's
test database. WHAT is `people` (the persons of the stories with their shipped roles) or `sample` (the sample company,
whose manager is 田中, and the same persons).
"""

from __future__ import annotations

import os
import sys

PASSWORD = "correct horse battery"
PEOPLE = {
    "tanaka": ("田中", ("manager", "admin")),
    "sato": ("佐藤", ("member",)),
    "suzuki": ("鈴木", ("member",)),
    "takahashi": ("高橋", ("member",)),
    "yamamoto": ("山本", ("product",)),
    "ito": ("伊藤", ("hr",)),
    "watanabe": ("渡辺", ("sales",)),
}


def _people() -> None:
    from banso_web.members.models import Member, Role

    made: dict[str, Member] = {}
    for code, (name, roles) in PEOPLE.items():
        manager = made["tanaka"] if code in ("sato", "suzuki", "takahashi") else None
        member = Member(code=code, name=name, email=f"{code}@example.jp", job=roles[0], manager=manager)
        member.set_password(PASSWORD)
        member.save()
        member.roles.set(Role.objects.filter(key__in=roles))
        made[code] = member


def main(what: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "banso_web.config.settings")
    import django

    django.setup()
    from banso_web.operations.prepare import prepare

    prepare()
    if what == "empty":
        return
    if what == "sample":
        from banso_web.operations.sample import load_sample

        load_sample(print)
    _people()


if __name__ == "__main__":
    main(sys.argv[1])
