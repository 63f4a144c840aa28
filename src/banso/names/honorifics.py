"""How a Japanese letter addresses its reader: 御中, 様 or 各位, never two of them."""

from __future__ import annotations

import re

_TYPED_HONORIFIC = re.compile(r"[\s\u3000]*(?:御中|各位|様|殿|さま|さん)$")


def addressee(
    company: str = "",
    department: str = "",
    title: str = "",
    family: str = "",
    given: str = "",
    *,
    many: bool = False,
) -> str:
    """The line that names who a letter is for, its parts parted by a space.

    A person: 株式会社○○ 営業部 部長 佐藤 花子 様 (title before the name, never 部長様). No person: 株式会社○○ 営業部 御中; a
    title without a name is left out, since nobody is addressed by it alone. `many` gives 株式会社○○ 営業部 各位 and
    ignores title and name. An honorific already typed at a part's end is not repeated. Nothing given gives "".
    """
    place = [part for part in map(_bare, (company, department)) if part]
    person = [part for part in map(_bare, (family, given)) if part]
    if many:
        return " ".join([*place, "各位"])
    if person:
        return " ".join([*place, *filter(None, [_bare(title)]), *person, "様"])
    return " ".join([*place, "御中"]) if place else ""


def own_staff(family: str, company: str = "弊社") -> str:
    """Own staff in outward text, without an honorific: 弊社 佐藤."""
    return f"{company} {_bare(family)}"


def _bare(part: str) -> str:
    return _TYPED_HONORIFIC.sub("", part.strip())
