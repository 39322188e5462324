"""Proofs: a template sent to a simulator or a colleague, through the very sender that customers' messages go by.

    asked ─ rendered once, to be refused at once where it cannot be ─ row ─ the channel's queue
    sent  ─ rendered ─ leave of the gate ─ the channel's turn ─ claim ─ one call ─ what became of it

Nothing is stored of it with any person, and no campaign counts it. A crash before the row leaves nothing, one between
row and queue a proof that waits and expires, one after the claim one that shows as `sending` for good, unless the
provider tells of it: never two calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.addressing import language_of
from kizuna.core.catalog import Catalog
from kizuna.core.content.errors import ContentError
from kizuna.core.content.rendering import Links, Rendered, RenderedEmail, render, sender
from kizuna.core.contracts import SendProof
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import Conflict, KizunaError, NotFound
from kizuna.core.gate import NotApproved, approve_proof
from kizuna.core.identity.identifiers import country_of_number
from kizuna.core.links import list_unsubscribe_headers
from kizuna.core.messages import Category
from kizuna.core.people import Profile
from kizuna.core.ports import Envelope, Ledger, People, Proofs, Queues, Quotas, Senders, Turns
from kizuna.core.proofs.colleagues import PROOF_CHANNELS, as_stored, audience_of
from kizuna.core.proofs.marking import HEADER, marked
from kizuna.core.proofs.proof import (
    AN_HOUR,
    GOOD_FOR,
    MOST_AN_HOUR,
    Proof,
    as_message,
    platform_and_token,
    proof_id,
    settled,
)
from kizuna.topology import CHANNEL_QUEUES
from kizuna.usecases.authoring.previewing import Started, Wording, context_of, told_to, wordings
from kizuna.usecases.delivery.deliver import pace_on

TRIES = 4


class NoProof(KizunaError):
    """Why no proof is sent; says what to do instead, and quotes no address."""


class TooManyProofs(KizunaError):
    """More than anybody looks at."""


@dataclass(frozen=True, slots=True)
class ProofDesk:
    """Where proofs are asked for. `randomness(n)` gives n bytes."""

    ledger: Ledger
    proofs: Proofs
    queues: Queues
    base_url: str
    randomness: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Prover:
    """The ports by which a proof goes out. Without `turns` no channel has a pace."""

    people: People
    ledger: Ledger
    proofs: Proofs
    senders: Senders
    base_url: str
    turns: Turns | None = None
    quotas: Quotas | None = None
    patience: timedelta = timedelta(0)


def ask_for_proof(
    name: str,
    to: str,
    on: ProofDesk,
    catalog: Catalog,
    *,
    by: str,
    now: datetime,
    channel: str = "all",
    person: Profile | None = None,
    language: str | None = None,
    event: Started | None = None,
) -> Proof:
    """Put one proof of a template, or of a campaign's template for `channel`, on its way.

    Raises NotFound for an unknown name; NoProof for a channel without proofs, a template that is for several, an
    address that nobody may be sent one to, and for what cannot be rendered; TooManyProofs.
    """
    wording = _one_wording(name, catalog, channel=channel)
    address = as_stored(wording.template.channel, to)
    if address is None:
        raise NoProof(f"to: is no address of the channel {wording.template.channel}")
    if audience_of(wording.template.channel, address, catalog.policy.colleagues) is None:
        raise NoProof(
            "to: is neither a simulator's address nor one of the policy's `colleagues`; proofs go to nobody else"
        )
    if catalog.policy.kill_switch:
        raise NoProof("the kill switch of the policy is thrown: nothing goes out")
    spoken = language or (language_of(person, catalog) if person else catalog.policy.default_language)
    proof = Proof(
        id=proof_id(now, on.randomness(6)),
        template=wording.template.id,
        campaign=wording.campaign.id if wording.campaign else "",
        channel=wording.template.channel,
        address=address,
        language=spoken,
        by=by,
        at=now,
        person=person.id if person else "",
        event=event[0] if event else "",
        properties=dict(event[1]) if event else {},
    )
    try:
        _rendered(proof, wording, person, on.ledger, catalog, base_url=on.base_url, now=now)
    except ContentError as error:
        raise NoProof(str(error)) from error
    if len(on.proofs.since(now - AN_HOUR)) >= MOST_AN_HOUR:
        raise _too_many()
    on.proofs.save(proof)
    # Once more with this one in: of many who ask at the same moment none sees more than may go.
    if len(on.proofs.since(now - AN_HOUR)) > MOST_AN_HOUR:
        on.proofs.save(proof.moved("expired", reason="too many within the hour"))
        raise _too_many()
    on.queues.send(CHANNEL_QUEUES[proof.channel], [SendProof(proof=proof.id).model_dump()])
    return proof


def _too_many() -> TooManyProofs:
    return TooManyProofs(f"{MOST_AN_HOUR} proofs went out within the hour; they are to be looked at")


def _one_wording(name: str, catalog: Catalog, *, channel: str) -> Wording:
    found = wordings(name, catalog, channel=channel)
    if len(found) > 1:
        told = ", ".join(each.template.channel for each in found)
        raise NoProof(f"channel: {name!r} speaks on several; say which: {told}")
    (wording,) = found
    if wording.template.channel == "webhook":
        raise NoProof("channel: a system is tried with `kizuna webhooks test`")
    if wording.template.channel not in PROOF_CHANNELS:
        raise NoProof(f"channel: what {wording.template.channel} shows is seen in a preview")
    return wording


def send_proof(proof_id: str, on: Prover, catalog: Catalog, *, now: datetime) -> Proof | None:
    """Send a proof if it is still to be sent; None if there is none of that id. Brought twice it goes out once."""
    proof = on.proofs.get(proof_id)
    if proof is None or proof.state != "waiting":
        return proof
    if now >= proof.at + GOOD_FOR:
        return _noted(proof.moved("expired"), on.proofs)
    try:
        (wording,) = wordings(proof.campaign or proof.template, catalog, channel=proof.channel)
        person = on.people.profiles([proof.person]).get(proof.person) if proof.person else None
        if proof.person and person is None:
            raise NotFound("whom it is shown as is not there any more")
        content = _rendered(proof, wording, person, on.ledger, catalog, base_url=on.base_url, now=now)
        approved = approve_proof(
            proof,
            category=_category(wording),
            colleagues=catalog.policy.colleagues,
            policy=catalog.policy.consent,
        )
        envelope = _envelope(proof, wording, content, now=now)
    except (ContentError, NotApproved, NotFound) as refusal:
        return _noted(proof.moved("failed", reason=str(refusal)), on.proofs)
    if catalog.policy.kill_switch or not _is_its_turn(proof, on, catalog):
        return _noted(
            proof.moved("failed", reason="the channel stands still or is busy; ask again"), on.proofs
        )
    mine = proof.moved("sending")
    if not on.proofs.save(mine):
        return on.proofs.get(proof_id)
    outcome = on.senders[content.channel].send(approved, envelope, content)
    return _noted(settled(mine, outcome), on.proofs)


def _is_its_turn(proof: Proof, on: Prover, catalog: Catalog) -> bool:
    per_second = pace_on(proof.channel, catalog, on.quotas)
    if on.turns is None or per_second is None:
        return True
    return on.turns.wait(proof.channel, per_second=per_second, within=on.patience) is not None


def _noted(proof: Proof, proofs: Proofs) -> Proof:
    """Whoever else wrote first, the provider's report say, knows as much or more."""
    return proof if proofs.save(proof) else proofs.get(proof.id) or proof


def note_proof(proof: str, fact: str, at: datetime, proofs: Proofs) -> bool:
    """Note what a provider tells of a proof, in any order, any number of times. False if there is none (any more).

    Raises Conflict where somebody else keeps writing; the report comes again.
    """
    for _ in range(TRIES):
        known = proofs.get(proof)
        if known is None:
            return False
        after = known.with_fact(fact, at)
        if after == known or proofs.save(after):
            return True
    raise Conflict(f"{proof} keeps changing")


def _category(wording: Wording) -> Category:
    return "marketing" if wording.template.purpose == "promotional" else "transactional"


def _rendered(
    proof: Proof,
    wording: Wording,
    person: Profile | None,
    ledger: Ledger,
    catalog: Catalog,
    *,
    base_url: str,
    now: datetime,
) -> Rendered:
    """The content with its mark. Sensitive traits stand in no proof, whoever asks. Raises ContentError."""
    traits: Mapping[str, Any] = {}
    if person is not None:
        told = told_to(person, ledger, catalog, language=proof.language, sensitive=False, now=now)
        traits = told.traits
    event = (proof.event, proof.properties) if proof.event else None
    context = context_of(wording, language=proof.language, traits=traits, event=event, links=_links(base_url))
    return marked(render(wording.template, language=proof.language, context=context))


def _links(base_url: str) -> Links:
    """Of our own site and with its look, and signed by nobody: they lead to the page for links that are no good."""
    return Links(
        unsubscribe=f"{base_url}/u/proof",
        preferences=f"{base_url}/preferences/proof",
        visit=f"{base_url}/preferences/proof",
        confirm=f"{base_url}/confirm/proof",
        survey=f"{base_url}/s/proof",
    )


def _envelope(proof: Proof, wording: Wording, content: Rendered, *, now: datetime) -> Envelope:
    brand = wording.brand
    platform, _ = platform_and_token(proof)
    message = as_message(proof, category=_category(wording), now=now)
    if not isinstance(content, RenderedEmail):
        country = country_of_number(proof.address) if brand.senders.sms.by_country else None
        return Envelope(message, sender="", platform=platform, brand=brand.senders, country=country)
    leave = content.links.unsubscribe
    duties = list_unsubscribe_headers(leave) if message.category == "marketing" and leave else {}
    return Envelope(
        message,
        sender=sender(brand, language=proof.language),
        reply_to=brand.reply_to,
        headers={**duties, HEADER: "1"},
        brand=brand.senders,
    )


def proof_body(proof: Proof) -> dict[str, Any]:
    """As plain values, for the API and `--json`."""
    return {
        "id": proof.id,
        "template": proof.template,
        "campaign": proof.campaign or None,
        "channel": proof.channel,
        "to": proof.address,
        "language": proof.language,
        "shownAs": proof.person or None,
        "by": proof.by,
        "at": instant_to_text(proof.at),
        "state": proof.state,
        "reason": proof.reason,
        "facts": {name: instant_to_text(at) for name, at in sorted(proof.facts.items())},
    }
