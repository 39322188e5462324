"""How a message that was held back is told in a digest: the two lines that a glance takes in."""

from __future__ import annotations

from collections.abc import Mapping

from kizuna.core.content.rendering import RenderedPush, render
from kizuna.core.content.templates import (
    Content,
    EmailContent,
    PushContent,
    SmsContent,
    Template,
    TemplateContext,
)


def told_in_digest(template: Template, *, language: str, context: TemplateContext) -> Mapping[str, str]:
    """`title` and `text` of a message, in the nearest language its template has: the subject and preheader of a mail,
    title and body of a push, the text of an SMS under the campaign's name. Raises ContentError.
    """
    chosen, content = template.content(language)
    brief = Template.model_construct(
        id=template.id,
        channel="push",
        purpose=template.purpose,
        default_language=chosen,
        languages={chosen: _brief(content)},
    )
    shown = render(brief, language=chosen, context=context)
    if not isinstance(shown, RenderedPush):
        raise TypeError("a push was rendered as something else")
    return {"title": shown.title, "text": shown.body}


def _brief(content: Content) -> PushContent:
    name = "{{ campaign.name }}"
    match content:
        case EmailContent():
            return PushContent(title=content.subject, body=content.preheader or content.subject)
        case SmsContent():
            return PushContent(title=name, body=content.body)
        case PushContent():
            return PushContent(title=content.title, body=content.body)
        case _:
            return PushContent(title=name, body=name)
