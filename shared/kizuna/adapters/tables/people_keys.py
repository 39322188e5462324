"""The keys of the people table. No other file knows a prefix.

    item          pk                    sk
    profile       p#<person>            profile
    identity      i#<type>#<value>      identity
    event         p#<part>              e#<millis>#<hash>
    mark page     p#<part>              d#<hash>
    row page      p#<part>              r#<hash>
    inbox item    p#<part>              b#<millis>#<message>
    task          p#<part>              t#<message>
    journey run   p#<part>              j#<journey>#<key>
    entries       p#<part>              j#<journey>
    merge record  p#<person>            u#<millis>#<hash>#<number>
    holder        a#<address>           <person>
    pressure      p#<person>            pressure
                  n#<address>           pressure
    message       m#<message>           message
    sent guard    p#<person>            m#<run>#<channel>
    address guard g#<run,channel,addr>  guard
    membership    s#<segment>#<shard>   <person>
    review        v#reviews             <review>
    erasure       p#<person>            erasure
    erased mark   x#<hash>              erased
    askings       q#<hash>              asked
    first of an experiment  p#<person>  x#<experiment>
    told          p#<person>            l#<address>

Identifier values come from outside: they are percent-encoded, so no two of them share a key (A06).
"""

from __future__ import annotations

from urllib.parse import quote

from kizuna.core.ids import digest, shard_of
from kizuna.core.journeys.places import key_mark
from kizuna.topology import DECIDED_SHARDS, DUE_SHARDS, SEGMENT_SHARDS

PROFILE = "profile"
IDENTITY = "identity"
MESSAGE = "message"
PRESSURE = "pressure"
GUARD = "guard"
ERASURE = "erasure"
ERASED = "erased"
ASKED = "asked"
REVIEWS = "v#reviews"
NOBODY = "-"  # owner of an identifier that was given up and not taken yet; no profile id is like it
EVENT_PREFIX = "e#"
MERGE_PREFIX = "u#"  # of what was united
SENT_PREFIX = "m#"
MARKS_PREFIX = "d#"  # of duplicates
ROWS_PREFIX = "r#"  # that aggregates keep
INBOX_PREFIX = "b#"  # what was put there for them to see
TASK_PREFIX = "t#"  # what a member of staff is to bring them
JOURNEY_PREFIX = "j#"  # where they stand in journeys
TRIAL_PREFIX = "x#"  # by which message they came into an experiment
TOLD_PREFIX = "l#"  # which of their dead mailboxes the provider was told of
_KEY_BYTES = 1_500  # DynamoDB allows 2,048 in a partition key


def person(profile_id: str) -> str:
    return f"p#{profile_id}"


def identity(kind: str, value: str) -> str:
    # `quote` leaves "~" as it is; here it marks a hash, which no value may pose as.
    encoded = quote(value.encode("utf-8", "surrogatepass"), safe="@+.-_").replace("~", "%7E")
    if len(encoded) > _KEY_BYTES:
        encoded = "~" + digest("identity", value, length=52)
    return f"i#{kind}#{encoded}"


def mark_page(name: str) -> str:
    return MARKS_PREFIX + name


def row_page(name: str) -> str:
    return ROWS_PREFIX + name


def merge_record(millis: int, hashed: str, number: int) -> str:
    return f"{MERGE_PREFIX}{millis:013d}#{hashed}#{number}"


def inbox_item(millis: int, message_id: str) -> str:
    return f"{INBOX_PREFIX}{millis:013d}#{message_id}"


def inbox_place(sk: str) -> tuple[int, str]:
    """The instant and the message of an inbox item."""
    millis, _, message_id = sk.removeprefix(INBOX_PREFIX).partition("#")
    return int(millis), message_id


def told(address_id: str) -> str:
    return TOLD_PREFIX + address_id


def task(message_id: str) -> str:
    return TASK_PREFIX + message_id


def journey_run(journey: str, key: str) -> str:
    """Of the one run of a key, which comes from outside and is hashed."""
    return f"{journey_entries(journey)}#{key_mark(key)}"


def journey_entries(journey: str) -> str:
    """Sorts just before the journey's runs: a journey's id is a slug, and holds no character below `#`."""
    return JOURNEY_PREFIX + journey


def journey_range(journey: str) -> tuple[str, str]:
    """From a journey's entries to the last of its runs, and nothing of another journey."""
    return journey_entries(journey), f"{journey_entries(journey)}#~"


def journey_runs(journey: str) -> str:
    """What the sort keys of all runs of a journey begin with."""
    return f"{journey_entries(journey)}#"


def is_journey_run(sk: str) -> bool:
    return sk.startswith(JOURNEY_PREFIX) and sk.count("#") == 2


def journey_place(pk: str, sk: str) -> str:
    """The id by which the alarm of a run leads to it (`core/journeys/places.py`)."""
    return f"{person_id_of(pk)}/{sk.removeprefix(JOURNEY_PREFIX)}"


def journey_place_keys(place: str) -> tuple[str, str]:
    """The inverse of `journey_place`: `pk` and `sk`."""
    part, _, rest = place.partition("/")
    return person(part), JOURNEY_PREFIX + rest


def task_list(queue: str, stage: str, shard: int) -> str:
    """A partition of the index of decisions that lists tasks. No campaign's id holds a `~`."""
    return f"{queue}~{stage}#{shard}"


def task_place(due_millis: int, message_id: str) -> str:
    """Sorts by when it is due; no two tasks share one."""
    return f"{due_millis:013d}#{message_id}"


def holders(address_id: str) -> str:
    return f"a#{address_id}"


def address_pressure(address_id: str) -> str:
    return f"n#{address_id}"


def message(message_id: str) -> str:
    return f"m#{message_id}"


def message_id_of(pk: str) -> str:
    return pk.removeprefix("m#")


def trial(experiment: str) -> str:
    return TRIAL_PREFIX + experiment


def person_id_of(pk: str) -> str:
    return pk.removeprefix("p#")


def sent_guard(campaign: str, run: str, step: str, channel: str) -> str:
    return SENT_PREFIX + digest("sent", campaign, run, step, channel)


def address_guard(*held: str) -> str:
    return "g#" + digest("guard", *held)


def erased(mac: str) -> str:
    return f"x#{mac}"


def asked(key: str) -> str:
    """Of what was asked for lately; hashed, for the key may be made of what comes from outside."""
    return "q#" + digest("asked", key)


def membership(segment: str, shard: int) -> str:
    return f"s#{segment}#{shard}"


def membership_shard(profile_id: str) -> int:
    return shard_of(profile_id, SEGMENT_SHARDS)


def decided_partition(campaign: str, shard: int) -> str:
    """A partition of the index of a campaign's decisions. A campaign's id is a slug, and holds no `#`."""
    return f"{campaign}#{shard}"


def decided_shard(message_id: str) -> int:
    return shard_of(message_id, DECIDED_SHARDS)


def decided_place(millis: int, run: str, message_id: str) -> str:
    """Sorts by the instant of the decision; no two messages share one."""
    return f"{millis:013d}#{run}#{message_id}"


def due_shard(name: str) -> str:
    """The partition of the alarm index for an item, by its `pk` or its place."""
    return f"d#{shard_of(name, DUE_SHARDS)}"


def due_partition(shard: int) -> str:
    return f"d#{shard}"


def halted_partition(journey: str, shard: int) -> str:
    """A partition of the alarm index where the runs of a paused journey lie: no sweep reads it."""
    return f"h#{journey}#{shard}"


def halted_shard(journey: str, place: str) -> str:
    return halted_partition(journey, shard_of(place, DUE_SHARDS))
