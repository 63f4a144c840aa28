"""YAML that people write: values as they stand there, and nothing else."""

from __future__ import annotations

from typing import Any

import yaml


class _Plain(yaml.SafeLoader):
    """An alias can make gigabytes of a page of text, and a tag breaks off in the middle of it; what people write here needs neither."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            problem = "aliases (&a, *a) are not read: write the text where it is needed"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type]
        if getattr(event, "tag", None):
            raise yaml.MarkedYAMLError(problem="tags (!a) are not read", problem_mark=event.start_mark)
        return super().compose_node(parent, index)


def load(text: str) -> Any:
    """yaml.YAMLError where it is no YAML or has aliases or tags; ValueError for a day or a number that is none, RecursionError where it
    is nested too deep."""
    return yaml.load(text, _Plain)
