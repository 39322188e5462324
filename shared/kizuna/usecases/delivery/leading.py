"""The links of a message as they go out: through ours where the workspace notes who follows them."""

from __future__ import annotations

from collections.abc import Callable

from kizuna.core.catalog import Catalog
from kizuna.core.clicks.rewriting import Leading, led, utm_of, written_hosts
from kizuna.core.clicks.tokens import issue_click
from kizuna.core.content.rendering import Rendered
from kizuna.core.links import LinkKeys, link_path
from kizuna.core.messages import Message
from kizuna.core.people import Profile


def led_links(
    content: Rendered,
    message: Message,
    profile: Profile,
    *,
    base_url: str,
    keys: Callable[[], LinkKeys],
    catalog: Catalog,
) -> tuple[Rendered, tuple[str, ...]]:
    """The message with its links led, and where each of ours leads.

    Of who asks by their browser not to be followed (Global Privacy Control) nothing is noted. Raises UnusableLink
    for a base URL that no link can be made of.
    """
    rules = catalog.policy.click_tracking
    noted = message.channel in rules.channels and not profile.gpc
    utm = utm_of(rules.utm, campaign=message.campaign, channel=message.channel)
    if not noted and not utm:
        return content, ()
    _, content_written = catalog.templates[message.template].content(message.language)
    written = written_hosts(content_written, catalog.brands[catalog.campaigns[message.campaign].brand])

    def through(number: int) -> str:
        return link_path(base_url, "c", issue_click(message.id, number, keys=keys()))

    hosts = rules.utm.hosts if rules.utm else ()
    return led(content, Leading(written, utm, hosts, through if noted else None))
