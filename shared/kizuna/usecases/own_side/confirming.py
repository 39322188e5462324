"""Double opt-in: the mailed link shows on GET, and completes the consent on POST.

The proof in the ledger names the mail and the moment of the click. It grants nothing by itself: it completes the
grant that the mail asked about, if that still stands.
"""

from __future__ import annotations

from kizuna.core import feedback
from kizuna.core.durations import FIRST
from kizuna.core.events import Event
from kizuna.core.ids import digest
from kizuna.core.intake.http import HttpReply
from kizuna.core.links import LinkToken
from kizuna.core.pages.asking import confirm_page, confirmed_page
from kizuna.usecases.own_side.front_desk import LINK, Call, FrontDesk, html, later, recorded


def confirming(call: Call, token: LinkToken, on: FrontDesk) -> HttpReply | None:
    """The page, or what its button did. None: the link has had its time, or its mail is gone.

    Posting it again changes nothing: one mail makes one confirmation.
    """
    message, valid_for = call.message, call.catalog.policy.double_opt_in.valid_for
    if message is None or not token.is_fresh(now=call.now, lasting=valid_for.after(FIRST) - FIRST):
        return None
    if not call.is_post:
        return html(200, confirm_page(brand=call.brand, language=call.language, action=call.action))
    asked_about = message.decision.get("consent", {})
    event = Event(
        type="track",
        id="confirmed-" + digest("confirmed", message.id),
        source=LINK,
        at=call.now,
        received_at=call.now,
        name=feedback.SUBSCRIPTION_CONFIRMED,
        properties={
            "message_id": message.id,
            "address_id": message.address_id,
            "channel": message.channel,
            "grant": str(asked_about.get("id", "")),
            "wording_version": str(asked_about.get("wording_version", "")),
        },
        profile_id=message.person,
    )
    if not recorded([event], message.person, on, call):
        return later(call)
    return html(200, confirmed_page(brand=call.brand, language=call.language))
