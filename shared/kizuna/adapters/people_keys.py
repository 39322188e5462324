"""The keys of the people table. No other file knows a prefix.

    item          pk                    sk
    profile       p#<person>            profile
    identity      i#<type>#<value>      identity
    event         p#<part>              e#<millis>#<hash>
    mark page     p#<part>              d#<hash>
    row page      p#<part>              r#<hash>
    inbox item    p#<part>              b#<millis>#<message>
    task          p#<part>              t#<message>
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

Identifier values come from outside: they are percent-encoded, so no two of them share a key (A06).
"""

from __future__ import annotations

from urllib.parse import quote

from kizuna.core.ids import digest, shard_of
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


def task(message_id: str) -> str:
    return TASK_PREFIX + message_id


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


def person_id_of(pk: str) -> str:
    return pk.removeprefix("p#")


def sent_guard(campaign: str, run: str, step: str, channel: str) -> str:
    return SENT_PREFIX + digest("sent", campaign, run, step, channel)


def address_guard(campaign: str, run: str, step: str, channel: str, address_id: str) -> str:
    return "g#" + digest("guard", campaign, run, step, channel, address_id)


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


def due_shard(pk: str) -> str:
    """The partition of the alarm index for an item."""
    return f"d#{shard_of(pk, DUE_SHARDS)}"


def due_partition(shard: int) -> str:
    return f"d#{shard}"
