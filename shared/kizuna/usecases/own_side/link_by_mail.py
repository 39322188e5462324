"""The link to a person's own page, mailed to the address on record and nowhere else.

Whoever asks sees the same page after the same work, whether or not the address is known: a limit is looked at, and
one piece of work is queued for whoever finds the people.
"""

from __future__ import annotations

from kizuna.core.catalog import Catalog
from kizuna.core.contracts import MailLink
from kizuna.core.identity import identifiers
from kizuna.core.ids import address_id, digest
from kizuna.core.intake.http import HttpReply
from kizuna.core.messages import Message
from kizuna.core.pages.asking import entry_page, mailed_page
from kizuna.core.pages.markup import last
from kizuna.core.restraint.asked import CALLER_LIMIT, VISIT_LIMIT
from kizuna.topology import Queue
from kizuna.usecases.own_side.asking import may_ask
from kizuna.usecases.own_side.front_desk import Call, FrontDesk, asking_cause, html


def offers_visit(catalog: Catalog) -> bool:
    """Whether the workspace has a mail that carries such a link."""
    return catalog.answering("preferences") is not None


def entrance(call: Call, on: FrontDesk) -> HttpReply:
    """The page without a link: somebody tells an address, and the link goes there."""
    if not offers_visit(call.catalog):
        return HttpReply(404, "Not found", {"Content-Type": "text/plain; charset=utf-8"})
    if not call.is_post:
        return html(200, entry_page(brand=call.brand, language=call.language, action=call.action))
    told = last(call.body, "email")
    mailbox = identifiers.email(told)
    if mailbox is None:
        page = entry_page(
            brand=call.brand, language=call.language, action=call.action, told=told, is_wrong=True
        )
        return html(400, page)
    _mail(address_id("email", mailbox), "", call, on)
    return html(200, mailed_page(brand=call.brand, language=call.language))


def link_to_holder(call: Call, on: FrontDesk) -> HttpReply:
    """The same for whoever holds a link of ours: to the mailbox its message went to, else the newest on record."""
    message = call.message
    if message is not None and offers_visit(call.catalog):
        mailbox = _mailbox_of(message, on)
        if mailbox:
            _mail(mailbox, message.person, call, on)
    return html(200, mailed_page(brand=call.brand, language=call.language))


def _mailbox_of(message: Message, on: FrontDesk) -> str:
    if message.channel == "email":
        return message.address_id
    profile = on.people.profiles([message.person]).get(message.person)
    addresses = profile.addresses_on("email") if profile else ()
    return next((address.id for address in addresses), "")


def _mail(address: str, person: str, call: Call, on: FrontDesk) -> None:
    """Queue it, within the limits of the caller and of the address. A crash before leaves nothing to be mailed."""
    minute = str(int(call.now.timestamp()) // 60)
    cause = asking_cause(address, person, minute)
    caller = "caller|" + digest("caller", call.request.source_ip, length=16)
    if not may_ask(on.askings, caller, cause, CALLER_LIMIT, now=call.now):
        return
    if not may_ask(on.askings, f"visit|{address}", cause, VISIT_LIMIT, now=call.now):
        return
    on.queues.send(Queue.WAKE, [MailLink(address=address, cause=cause, person=person).model_dump()])
