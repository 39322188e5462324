"""Amazon Pinpoint endpoints, as its export jobs and segment files hold them, in CSV or in JSON.

An endpoint is an address; the person is its `User`. Meaning of the fields: Amazon Pinpoint API reference,
"EndpointResponse"; user guide, "Importing segments".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.core.files.drafts import Draft, Word, put
from kizuna.core.files.faults import RowFault, RowRefused
from kizuna.core.files.values import instant
from kizuna.core.identity import identifiers

ENDPOINT = "pinpoint_endpoint"  # the type under which an endpoint's id is kept
_PUSH = {
    "GCM": "android",
    "ADM": "android",
    "BAIDU": "android",
    "APNS": "ios",
    "APNS_SANDBOX": "ios",
    "APNS_VOIP": "ios",
    "APNS_VOIP_SANDBOX": "ios",
    "PUSH": "",
}
_NOWHERE = ("CUSTOM", "IN_APP")  # reached by functions and pages, not by an address
_MEANT = frozenset(
    {
        *("Id", "ChannelType", "Address", "OptOut", "EndpointStatus", "EffectiveDate", "CreationDate"),
        *(
            "User",
            "Attributes",
            "Metrics",
            "Demographic",
            "Location",
            "RequestId",
            "ApplicationId",
            "CohortId",
        ),
    }
)
_LISTED = re.compile(r"(.+)\[\d+\]")
# Mobile SDKs of Pinpoint wrote three letters; the law goes by two (ISO 3166-1).
_THREE_AND_TWO = (
    "USAUS CANCA MEXMX BRABR ARGAR JPNJP CHNCN KORKR TWNTW HKGHK INDIN SGPSG THATH VNMVN IDNID MYSMY "
    "PHLPH AUSAU NZLNZ GBRGB IRLIE DEUDE FRAFR ESPES ITAIT NLDNL BELBE LUXLU AUTAT CHECH SWESE NORNO "
    "DNKDK FINFI ISLIS POLPL PRTPT GRCGR CZECZ HUNHU ROURO ZAFZA"
)
_ALPHA3 = {
    _THREE_AND_TWO[at : at + 3]: _THREE_AND_TWO[at + 3 : at + 5] for at in range(0, len(_THREE_AND_TWO), 6)
}


def is_endpoint(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an endpoint and no event."""
    return "type" not in value and bool({"ChannelType", "OptOut", "User", "EndpointStatus"} & value.keys())


def is_endpoint_header(header: Sequence[str]) -> bool:
    return "ChannelType" in header or any(name.startswith("User.User") for name in header)


def endpoint_of(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """A row of an endpoint CSV as the object that it stands for. `Attributes.x[0]`, `[1]`, … make one list."""
    if len(cells) != len(header):
        few = len(cells) < len(header)
        code = RowFault.TOO_FEW_CELLS if few else RowFault.TOO_MANY_CELLS
        raise RowRefused(code, f"has {len(cells)} cells, the header has {len(header)}")
    whole: dict[str, Any] = {}
    lists: dict[str, list[str]] = {}
    for name, cell in zip(header, cells, strict=True):
        text = cell.strip()
        if not name or not text:
            continue
        listed = _LISTED.fullmatch(name)
        if listed:
            lists.setdefault(listed[1], []).append(text)
        else:
            put(whole, _path(name), text)
    for name, values in lists.items():
        put(whole, _path(name), values)
    return whole


def _path(name: str) -> tuple[str, ...]:
    """Names of attributes may hold points; only those of Pinpoint itself part."""
    for room in ("User.UserAttributes", "Attributes", "Metrics", "Demographic", "Location", "User"):
        if name.startswith(room + "."):
            return (*room.split("."), name.removeprefix(room + "."))
    return (name,)


def draft_of(endpoint: Mapping[str, Any]) -> Draft:
    """What an endpoint says of its person. Raises RowRefused for what cannot be understood.

    `OptOut: ALL` is carried as an opt-out; `NONE` is not a grant. An `INACTIVE` endpoint is one whose address
    Pinpoint has since seen at another endpoint: its person is kept, its address is not theirs any more.
    """
    draft = Draft("identify")
    user = _object(endpoint, "User")
    draft.user_id = _text(user.get("UserId"))
    endpoint_id = _text(endpoint.get("Id"))
    if endpoint_id:  # ids are compared without case (API reference, "UpdateEndpoint")
        draft.external_ids.append({"type": ENDPOINT, "id": endpoint_id.lower()})
    draft.at = _time(endpoint)
    _person(draft, endpoint, user)
    _where(draft, endpoint)
    _address(draft, endpoint)
    draft.extra.update((name, value) for name, value in endpoint.items() if name not in _MEANT)
    if not draft.names_somebody:
        raise RowRefused(RowFault.MISSING_IDENTITY, "names nobody: neither user, endpoint id nor address")
    return draft


def _address(draft: Draft, endpoint: Mapping[str, Any]) -> None:
    channel = (_text(endpoint.get("ChannelType")) or "").upper()
    address = _text(endpoint.get("Address"))
    opt_out = (_text(endpoint.get("OptOut")) or "NONE").upper()
    if opt_out not in ("ALL", "NONE"):
        raise RowRefused(RowFault.UNKNOWN_CONSENT, "is neither ALL nor NONE", "OptOut")
    known = channel in ("EMAIL", "SMS", "VOICE", *_PUSH, *_NOWHERE)
    if (channel or address) and not known:
        raise RowRefused(RowFault.UNKNOWN_CHANNEL, "is no channel that is known", "ChannelType")
    said_of = "EMAIL" if channel == "EMAIL" else "SMS" if channel in ("SMS", "VOICE") else "PUSH"
    if opt_out == "ALL" and channel and channel not in _NOWHERE:
        draft.words.append(Word(said_of, "UNSUBSCRIBED"))
    if not address or channel in _NOWHERE:
        draft.extra.update({name: endpoint[name] for name in ("Address", "OptOut") if endpoint.get(name)})
        return
    if (_text(endpoint.get("EndpointStatus")) or "ACTIVE").upper() == "INACTIVE":
        draft.extra["EndpointStatus"] = "INACTIVE"
        return
    if channel == "EMAIL":
        draft.traits["email"] = address
    elif said_of == "SMS":
        country = draft.traits.get("country")
        draft.traits["phone"] = identifiers.phone(address, country) or address
    else:
        draft.device["token"] = address
        draft.device["type"] = _PUSH[channel] or _platform(endpoint)


def _platform(endpoint: Mapping[str, Any]) -> str:
    named = (_text(_object(endpoint, "Demographic").get("Platform")) or "").lower()
    return "ios" if "ios" in named or "iphone" in named else named


def _person(draft: Draft, endpoint: Mapping[str, Any], user: Mapping[str, Any]) -> None:
    """Attributes of endpoint and user become traits; where both have one, it is the user's."""
    for values in (_object(endpoint, "Attributes"), _object(user, "UserAttributes")):
        for name, value in values.items():
            kept = _one_or_all(value)
            if kept is not None:
                draft.traits[name] = kept
    for name, value in _object(endpoint, "Metrics").items():
        try:
            draft.traits[name] = float(value)
        except (TypeError, ValueError):
            raise RowRefused(RowFault.UNREADABLE_VALUE, "is no number", f"Metrics.{name}") from None


def _where(draft: Draft, endpoint: Mapping[str, Any]) -> None:
    place, machine = _object(endpoint, "Location"), _object(endpoint, "Demographic")
    country = (_text(place.get("Country")) or "").upper()
    if country:
        draft.traits["country"] = _ALPHA3.get(country, country)
    for name, trait in (("Region", "region"), ("City", "city"), ("PostalCode", "postal_code")):
        text = _text(place.get(name))
        if text:
            draft.traits[trait] = text
    locale = _text(machine.get("Locale"))
    draft.language = locale.replace("_", "-") if locale else None
    draft.zone = _text(machine.get("Timezone"))
    for name, key in (("Make", "manufacturer"), ("Model", "model")):
        text = _text(machine.get(name))
        if text:
            draft.device[key] = text


def _time(endpoint: Mapping[str, Any]) -> str | None:
    for name in ("EffectiveDate", "CreationDate"):
        text = _text(endpoint.get(name))
        if text:
            try:
                return instant(text)
            except RowRefused as refused:
                raise RowRefused(refused.code, refused.reason, name) from None
    return None


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RowRefused(RowFault.UNREADABLE_VALUE, "must be an object", name)
    return value


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, Mapping | list):
        return None
    return str(value).strip() or None


def _one_or_all(value: Any) -> Any:
    """Pinpoint holds every attribute as a list; a list of one is that one."""
    if isinstance(value, list):
        return (value[0] if len(value) == 1 else list(value)) if value else None
    return value if value != "" else None
