"""Usage: weeks that may be compared, drops, change points, gaps of a source, adoption and advice.

Nothing here knows events or files: a series of users by week or by day goes in, a verdict with its weeks, threshold and reason
comes out. `as_of` is always an argument.
"""

from banso.usage.adoption import (
    ActiveRate,
    Breadth,
    FeatureRetention,
    active_rate,
    breadth,
    depth,
    feature_retention,
    stickiness,
    window,
)
from banso.usage.advice import Advice, AdviceRule, advise
from banso.usage.alerts import AlertDecision, PastAlert, decide_alert
from banso.usage.band import Band, BandWeek, band
from banso.usage.changepoints import changepoints
from banso.usage.drift import Drift, DriftKind, EventDay, schema_drift
from banso.usage.drop import Drop, DropReason, DropRule, Verdict, compared, drop
from banso.usage.features import EventRule, Feature, Named, core_of, named, overlaps, unnamed
from banso.usage.gaps import (
    VolumeDay,
    missing_days,
    silent_months,
    silent_since,
    volume_anomalies,
    volume_days,
)
from banso.usage.identity import (
    FIRST_DAY,
    FUTURE,
    LAST_DAY,
    PAST,
    Basis,
    Belongs,
    Span,
    Tie,
    belongs,
    domain_is_free,
    layers,
    mail_domain,
    parents,
    spans,
)
from banso.usage.screen import Screened, screen
from banso.usage.weeks import SkippedWeek, SkipReason, Week, Weeks, weekly_means, weeks_of

__all__ = [
    "FIRST_DAY",
    "FUTURE",
    "LAST_DAY",
    "PAST",
    "ActiveRate",
    "Advice",
    "AdviceRule",
    "AlertDecision",
    "Band",
    "BandWeek",
    "Basis",
    "Belongs",
    "Breadth",
    "Drift",
    "DriftKind",
    "Drop",
    "DropReason",
    "DropRule",
    "EventDay",
    "EventRule",
    "Feature",
    "FeatureRetention",
    "Named",
    "PastAlert",
    "Screened",
    "SkipReason",
    "SkippedWeek",
    "Span",
    "Tie",
    "Verdict",
    "VolumeDay",
    "Week",
    "Weeks",
    "active_rate",
    "advise",
    "band",
    "belongs",
    "breadth",
    "changepoints",
    "compared",
    "core_of",
    "decide_alert",
    "depth",
    "domain_is_free",
    "drop",
    "feature_retention",
    "layers",
    "mail_domain",
    "missing_days",
    "named",
    "overlaps",
    "parents",
    "schema_drift",
    "screen",
    "silent_months",
    "silent_since",
    "spans",
    "stickiness",
    "unnamed",
    "volume_anomalies",
    "volume_days",
    "weekly_means",
    "weeks_of",
    "window",
]
