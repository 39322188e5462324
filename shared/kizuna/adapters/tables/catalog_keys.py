"""The keys of the catalog table. No other file knows a prefix.

    item              pk                          sk
    head              catalog                     head
    version           catalog                     v#<version>
    snapshot part     w#<fingerprint>             <number>
    key               keys                        <hash>
    run               r#<campaign>                <run>
    checkpoint        c#<campaign>#<run>          <segment>#<shard>
    counter           n#<campaign>#<run>#<shard>  <channel>
    rhythm            t#<channel>#<shard>         <hour of the week>
    result            k#<campaign>#<run>#<shard>  <day>#<channel>#<variant>#<group>
    arrivals          o#<source>                  <hour>
    watch             o#<source>                  watch
    import            imports                     <import>
    canary            canary                      canary
    backfill          backfills                   <number>
    backfill shard    b#<number>                  <shard>
    rfm run           f#<definition>              <run>
    rfm page          g#<definition>#<run>        <phase>#<shard>#<step>
    rfm result        g#<definition>#<run>        result
    pace              q#<channel>                 pace
    circuit           h#<webhook>                 circuit
    brake of a run    brakes                      r#<campaign>#<run>
    brake of all      brakes                      account
    trial             trials                      <campaign>#<experiment>
    cohort            e#<campaign>#<cohort>#<shard>  <minute>
    landed            j#<shard>                   <hour>
    spent             d#<day>                     <channel>#<shard>
    journey count     y#<journey>#<shard>         <day>
    journey limit     u#<journey>                 <name>
    journey place     z#<journey>#<step>          <name>
    journey mark      z#<journey>#<step>          <name>#<mark>
    journey halt      halts                       <journey>
    control           controls                    <campaign>
    proof             proofs                      <proof>
    quota             providers                   q#<channel>
    list              providers                   l#<list>

Names are percent-encoded, so no two lists of them share a key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, unquote

CATALOG = "catalog"
HEAD = "head"
KEYS = "keys"
WATCH = "watch"
IMPORTS = "imports"
CANARY = "canary"
RFM_RESULT = "result"
BACKFILLS = "backfills"
PACE = "pace"
CIRCUIT = "circuit"
BRAKES = "brakes"
ACCOUNT = "account"
HALTS = "halts"
CONTROLS = "controls"
PROOFS = "proofs"
PROVIDERS = "providers"
QUOTA_PREFIX = "q#"
TRIALS = "trials"
SIMULATIONS = "simulations"


def _joined(*names: str) -> str:
    return "#".join(quote(name.encode("utf-8", "surrogatepass"), safe="") for name in names)


VERSION_PREFIX = "v#"


def version(number: int) -> str:
    """Sorts by number."""
    return f"{VERSION_PREFIX}{number:08d}"


def circuit(webhook: str) -> str:
    return "h#" + _joined(webhook)


def snapshot(fingerprint: str) -> str:
    return f"w#{fingerprint}"


def snapshot_part(number: int) -> str:
    return f"{number:04d}"


def runs(campaign: str) -> str:
    return "r#" + _joined(campaign)


def checkpoints(campaign: str, run: str) -> str:
    return "c#" + _joined(campaign, run)


def backfill(number: int) -> str:
    """Sorts by number."""
    return f"{number:08d}"


def backfill_shards(number: int) -> str:
    return f"b#{number:08d}"


def backfill_shard(shard: int) -> str:
    return f"{shard:02d}"


def rfm_runs(definition: str) -> str:
    return "f#" + _joined(definition)


def rfm_pages(definition: str, run: str) -> str:
    return "g#" + _joined(definition, run)


def rfm_phase(phase: str) -> str:
    return f"{phase}#"


def rfm_shard(phase: str, shard: int) -> str:
    return f"{phase}#{shard:02d}#"


def rfm_page(phase: str, shard: int, step: int) -> str:
    """Sorts by shard, then by step."""
    return f"{rfm_shard(phase, shard)}{step:06d}"


def rfm_page_of(sk: str) -> tuple[str, int, int]:
    """The inverse of `rfm_page`."""
    phase, shard, step = sk.split("#")
    return phase, int(shard), int(step)


def arrivals(source: str) -> str:
    return "o#" + _joined(source)


def arrivals_hour(hour: datetime) -> str:
    """Sorts by time, and before `WATCH`."""
    return hour.astimezone(UTC).strftime("%Y%m%dT%H")


def quota(channel: str) -> str:
    return QUOTA_PREFIX + _joined(channel)


def listed(name: str) -> str:
    """How far a list of a provider was read, or told."""
    return "l#" + _joined(name)


def pace(channel: str) -> str:
    return "q#" + _joined(channel)


def counters(campaign: str, run: str, shard: int) -> str:
    return f"n#{_joined(campaign, run)}#{shard}"


def counter(channel: str) -> str:
    return _joined(channel)


def counter_of(sk: str) -> str:
    """The inverse of `counter`."""
    return unquote(sk)


def results(campaign: str, run: str, shard: int) -> str:
    return f"k#{_joined(campaign, run)}#{shard}"


def result(day: str, channel: str, variant: str, group: str) -> str:
    """Sorts by day. No variant is called `-`: their names begin with a letter or a digit."""
    return _joined(day, channel, variant or "-", group)


def result_of(sk: str) -> tuple[str, str, str, str]:
    """The inverse of `result`."""
    day, channel, variant, group = (unquote(name) for name in sk.split("#"))
    return day, channel, "" if variant == "-" else variant, group


def rhythm(channel: str, shard: int) -> str:
    return f"t#{_joined(channel)}#{shard}"


def rhythm_hour(slot: int) -> str:
    """Sorts by hour."""
    return f"{slot:03d}"


def run_brake(campaign: str, run: str) -> str:
    return "r#" + _joined(campaign, run)


def trial(campaign: str, experiment: str) -> str:
    return _joined(campaign, experiment)


def cohort(campaign: str, name: str, shard: int) -> str:
    return f"e#{_joined(campaign, name)}#{shard}"


def minute(number: int) -> str:
    """Sorts by number."""
    return f"{number:010d}"


def hours(shard: int) -> str:
    return f"j#{shard}"


def hour(number: int) -> str:
    """Sorts by number."""
    return f"{number:08d}"


def spent(day: str) -> str:
    return f"d#{day}"


def spent_on(channel: str, shard: int) -> str:
    return f"{_joined(channel)}#{shard}"


def channel_spent_on(sk: str) -> str:
    """The inverse of `spent_on`."""
    return unquote(sk.rpartition("#")[0])


def journey_counts(journey: str, shard: int) -> str:
    """Each shard of a journey's counts is a partition of its own; their days sort by time."""
    return f"y#{_joined(journey)}#{shard}"


def journey_limits(journey: str) -> str:
    return "u#" + _joined(journey)


def journey_places(journey: str, step: str) -> str:
    return "z#" + _joined(journey, step)
