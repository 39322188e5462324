"""Members of staff hold, release, record and lift: each act an event of the person, with who and why.

A crash leaves the act undone or done; telling it again is a new act of the same meaning, which changes nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.consent import Action, ConsentEvent, fold
from kizuna.core.errors import KizunaError, NotFound, Unavailable
from kizuna.core.events import Event
from kizuna.core.ids import digest
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, People
from kizuna.core.restraint.holds import standing_holds
from kizuna.core.restraint.staff_holds import held_by_staff
from kizuna.core.rights.staff_acts import Act, staff_event
from kizuna.core.segments import view_of
from kizuna.core.segments.lists import ended_event, hold_event
from kizuna.usecases.ingesting.ingest import ingest

STILL_KEPT = "; an address of theirs carries the No of somebody erased, which kizuna erasures lift ends"


class NotForStaff(KizunaError):
    """A hold that the policy does not let staff end was to be ended by them."""


@dataclass(frozen=True, slots=True)
class StaffDesk:
    """The ports that staff acts need."""

    people: People
    ledger: Ledger
    new_id: Callable[[], str]


def hold(
    profile: Profile,
    on: StaffDesk,
    catalog: Catalog,
    *,
    now: datetime,
    by: str,
    reason: str,
    until: datetime | None = None,
) -> None:
    """No promotion to this person, on any channel, until then; without `until`, until it is released.

    A second hold takes the place of the first. Raises Unavailable.
    """
    request = digest(by, reason, now.isoformat())
    _tell(
        hold_event(profile.id, inside=True, by=by, reason=reason, until=until, at=now, request=request),
        on,
        catalog,
        now,
    )


def release(
    profile: Profile,
    on: StaffDesk,
    catalog: Catalog,
    *,
    now: datetime,
    by: str,
    reason: str,
    hold: str = "",
) -> None:
    """End the hold that staff put on a person, or that `hold` of the policy, if staff may (`release: staff`).

    Of the policy's hold this is about what happened so far: it stands again when it is set off again. Raises NotFound
    where none stands, NotForStaff where staff may not, and Unavailable.
    """
    if hold:
        _end(profile, on, catalog, hold, now=now, by=by, reason=reason)
        return
    if held_by_staff(profile, now=now) is None:
        raise NotFound(f"no hold stands on {profile.id}")
    request = digest(by, reason, now.isoformat())
    _tell(
        hold_event(profile.id, inside=False, by=by, reason=reason, at=now, request=request), on, catalog, now
    )


def _end(
    profile: Profile, on: StaffDesk, catalog: Catalog, name: str, *, now: datetime, by: str, reason: str
) -> None:
    told = next((each for each in catalog.policy.tone_holds if each.id == name), None)
    view = view_of(catalog.decidable(profile))
    if told is None or not standing_holds([told], view, now=now):
        raise NotFound(f"no hold {name!r} stands on {profile.id}")
    if told.release is None or not told.release.staff:
        why = f"the hold {name!r} ends by itself; staff may end it where the policy says release: {{ staff: true }}"
        raise NotForStaff(why)
    _tell(ended_event(profile.id, name, by=by, reason=reason, at=now), on, catalog, now)


def record(
    profile: Profile, act: Act, on: StaffDesk, catalog: Catalog, *, now: datetime, by: str, reason: str
) -> int:
    """Record one act; returns how many consent events it is about (1 where it stands by itself).

    Lifting and dismissing are about what stands at this moment, each refusal by name; what comes later stands again.
    Raises NotFound where nothing is there to be lifted or dismissed, and Unavailable.
    """
    about = [event.id for event in _standing(profile, act, on, catalog, now)]
    if act in (Act.LIFT, Act.DISMISS, Act.WITHDRAW) and not about:
        what = "objection or do-not-contact" if act is Act.LIFT else "reply to be read"
        kept = kept_of_others(profile, on.ledger) if act is Act.LIFT else ()
        raise NotFound(f"{profile.id} has no {what}{STILL_KEPT if kept else ''}")
    named = about if act in (Act.LIFT, Act.DISMISS) else ()
    _tell(staff_event(profile.id, act, by=by, reason=reason, at=now, about=named), on, catalog, now)
    return len(about) or 1


def kept_of_others(profile: Profile, ledger: Ledger) -> tuple[ConsentEvent, ...]:
    """What was kept of the No of somebody erased for an address that is this person's by now (`consent.md` 3.4)."""
    return tuple(
        event
        for address in profile.addresses.values()
        for event in ledger.suppressions(address.channel, address.value)
    )


def _standing(
    profile: Profile, act: Act, on: StaffDesk, catalog: Catalog, now: datetime
) -> tuple[ConsentEvent, ...]:
    standing = fold(on.ledger.events(profile.parts), now=now, policy=catalog.policy.consent)
    if act is Act.LIFT:
        # What was kept of an erased person's No stands under the hash of the address: `kizuna erasures lift`.
        refusals = (*standing.objections, *standing.do_not_contact)
        return tuple(event for event in refusals if event.action != Action.SUPPRESSION_HASH)
    return standing.reviews if act in (Act.DISMISS, Act.WITHDRAW) else ()


def _tell(event: Event, on: StaffDesk, catalog: Catalog, now: datetime) -> None:
    done = ingest([event], people=on.people, ledger=on.ledger, catalog=catalog, now=now, new_id=on.new_id)
    if done.left_over:
        raise Unavailable(f"the act was not recorded: {done.cause}")
