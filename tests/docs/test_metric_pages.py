"""The metric pages say what the product says, and their hand-worked values are what the product computes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from banso_web.core import metrics
from banso_web.core.facts import Asked, current_watermark
from banso_web.ingest import actions
from banso_web.ingest.inputs import inputs_of
from banso_web.usage import feature_file
from banso_web.usage.actions.features import save_feature
from tools import metric_pages

WORKED = metric_pages.worked()


def test_every_metric_has_a_page_and_no_page_is_left_over() -> None:
    assert set(WORKED) == set(metrics.catalogue)
    pages = {path.stem for path in metric_pages.FOLDER.glob("*.md")} - {"README"}
    assert pages == set(metrics.catalogue)


def test_pages_and_tables_are_what_the_catalogue_makes() -> None:
    for path, text in metric_pages.documents().items():
        assert path.read_text("utf-8") == text, f"{path.name} has drifted: run make metric-pages"


@pytest.mark.django_db
def test_the_worked_values_are_what_the_product_computes() -> None:
    files, _aside = inputs_of(metric_pages.FOLDER / "example")
    run = actions.check_run(actions.start_run(files, actor=None, label="example"))
    assert not run.rejected.exists()
    actions.confirm_run(run, actor=None)
    for code, values in feature_file.read(
        (metric_pages.FOLDER / "example" / metric_pages.FEATURES).read_text("utf-8")
    ):
        save_feature(values, actor=None, code=code)
    day = date.fromisoformat(metric_pages.AS_OF)
    asked = Asked(as_of=day, today=day, watermark=current_watermark())
    month = date.fromisoformat(f"{metric_pages.MONTH}-01")
    for key, spec in metrics.catalogue.items():
        result = metrics.compute(key, asked, month=month if spec.monthly or spec.month_optional else None)
        assert Decimal(metrics.as_json(result)["value"]) == Decimal(WORKED[key]["value"]), key
