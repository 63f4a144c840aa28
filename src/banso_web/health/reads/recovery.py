"""「一度下がった満足度は上げにくい」: the organisation's own figure."""

from __future__ import annotations

from banso.health.overlooked import Rule
from banso.survey import Recovery, falls, recovery
from banso_web.accounts.reads.counted import counted_accounts
from banso_web.core.facts import Asked, Memo
from banso_web.surveys.reads import answer_mark, answers

_kept: Memo[Recovery] = Memo(8)


def recoveries(asked: Asked, basis: str, rule: Rule) -> Recovery:
    """How long falls of at least the told size took to be made good, by CSAT or NPS. Kept until answers change."""
    step = rule.drop / rule.point
    key = (answer_mark(asked.watermark), asked.as_of, asked.known_at, basis, step)

    def made() -> Recovery:
        counted = counted_accounts()
        found = falls(answers(asked, basis), asked.as_of, step=step)
        return recovery([one for one in found if one.account in counted])

    return _kept.get(key, made)
