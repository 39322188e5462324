"""Why a piece of content could not be made.

    ContentError
    ├── HeaderInjection     a line break or control character on its way into a header, name or tag
    └── RenderError         a template and one person's data did not give a message
        ├── TemplateRefused     a syntax error, or a tag or filter that templates may not use
        ├── MissingVariable     the template asks for something that is not known of this person
        ├── BudgetExceeded      too much output, too many rounds, too much work
        ├── ContextRefused      a value that templates may not see, such as an object with attributes
        └── ValueRefused        a filter or a part could not use the value

Messages name the template, the field, the line and the cause. They never quote a value: what a person
told us does not belong into a log. For the same reason the exceptions of the template engine, which do quote
values, are not chained.
"""

from __future__ import annotations

from kizuna.core.errors import KizunaError


class ContentError(KizunaError):
    """The root of the tree. `field` says where, `cause` is a stable code for logs and decision records."""

    cause = "content_error"

    def __init__(self, detail: str, *, field: str = "", line: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.line = line

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.field, self.line) if part)
        return f"{place}: {self.detail}" if place else self.detail


class HeaderInjection(ContentError):
    """A value would break out of its header. Nothing is repaired: such a value is an attack or a bug."""

    cause = "header_injection"

    def __init__(self, *, field: str) -> None:
        super().__init__("a line break or control character is not allowed here", field=field)


class RenderError(ContentError):
    """One message could not be rendered; it becomes FAILED with this `cause`."""

    cause = "render_error"


class TemplateRefused(RenderError):
    """What `lint` would have refused. `code` is the code of the problem."""

    cause = "template_refused"

    def __init__(
        self, detail: str, *, code: str = "syntax", field: str = "", line: int | None = None
    ) -> None:
        self.code = code
        super().__init__(detail, field=field, line=line)


class MissingVariable(RenderError):
    """`variable` is the path as the template writes it."""

    cause = "missing_variable"

    def __init__(self, variable: str, *, field: str = "", line: int | None = None) -> None:
        self.variable = variable
        super().__init__(f"{variable} is missing", field=field, line=line)


class BudgetExceeded(RenderError):
    cause = "budget_exceeded"


class ContextRefused(RenderError):
    cause = "context_refused"


class ValueRefused(RenderError):
    cause = "value_refused"
