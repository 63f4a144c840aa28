"""Revenue metrics. `compute` is the front door; the catalogue stands in `core.metrics`."""

from banso_web.core.metrics import as_json, catalogue, compute, rows_of

__all__ = ["as_json", "catalogue", "compute", "rows_of"]
