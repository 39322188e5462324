"""What templates say, read as a linter does."""

from __future__ import annotations

from kizuna.core.catalog_checks.typed import Origin, Parsed
from kizuna.core.errors import Problem


def template_problems(parsed: Parsed, origin: Origin) -> list[Problem]:
    from kizuna.core.content.depth_lint import depth_problems  # only when definitions are saved
    from kizuna.core.content.lint import lint
    from kizuna.core.content.promotion import promotion_problems

    deep = {name for name, trait in parsed["trait"].items() if trait.is_deep}
    with_fallback = {name for name in deep if parsed["trait"][name].fallback}
    return [
        Problem(f"{origin('template', template.id)}: {found.path}", found.reason)
        for template in parsed["template"].values()
        for found in (
            *lint(template),
            *depth_problems(template, deep=deep, with_fallback=with_fallback),
            *promotion_problems(template),
        )
    ]
