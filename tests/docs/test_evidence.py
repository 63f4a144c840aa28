"""docs/evidence.md says what the library finds in the real data."""

from __future__ import annotations

import pytest

from benchmarks import evidence
from tests.environment import SHARED


@pytest.mark.shared
def test_the_tables_of_telco_and_of_git_activity_are_recomputed() -> None:
    """Without boosting, whose last digit may depend on the processor."""
    page = evidence.PAGE.read_text("utf-8").splitlines()
    lines = evidence.telco(SHARED, boosting=False) + evidence.git(SHARED)
    assert len(lines) > 10
    assert [line for line in lines if line not in page] == []


def test_a_page_without_its_part_is_refused() -> None:
    assert (
        evidence.written("<!-- a -->\nold\n<!-- /a -->\n", "a", ["new"]) == "<!-- a -->\nnew\n<!-- /a -->\n"
    )
    with pytest.raises(ValueError, match="no part b"):
        evidence.written("<!-- a -->\n\n<!-- /a -->", "b", ["new"])
