"""Whether a message may go to an address now, as a sentence in English and in Japanese."""

from __future__ import annotations

from collections.abc import Mapping

from kizuna.core.brief.words import by, topic_name
from kizuna.core.catalog import Topic
from kizuna.core.reachability import Reach
from kizuna.core.sentences import REASONS, Language, Words, moment
from kizuna.core.zones import zone_named

_KINDS: Mapping[str, Words] = {
    "marketing": Words("A message about “{topic}”", "「{topic}」のメッセージ"),
    "transactional": Words("A message that they asked for", "ご本人が依頼された連絡"),
    "mandatory": Words("A notice that the law requires", "法令で義務づけられた通知"),
}
_ANSWERS: Mapping[str, Words] = {
    "allow": Words(
        "{kind} may be sent {channel} now, because {reason}.",
        "{reason}ため、{channel}で{kind}を今お送りできます。",
    ),
    "deny": Words(
        "{kind} may not be sent {channel}, because {reason}.",
        "{reason}ため、{channel}で{kind}をお送りできません。",
    ),
    "defer": Words(
        "{kind} has to wait until {at} to be sent {channel}, because {reason}.",
        "{reason}ため、{channel}で{kind}をお送りできるのは{at}からです。",
    ),
}


def reach_sentence(reach: Reach, topics: Mapping[str, Topic], *, zone: str | None, language: Language) -> str:
    """Whether this kind of message may go to the address now, and why; times in `zone`."""
    kind: str = getattr(_KINDS[reach.category], language)
    answer: str = getattr(_ANSWERS[reach.answer], language)
    at = moment(reach.not_before, zone_named(zone), language) if reach.not_before else ""
    return answer.format(
        kind=kind.format(topic=topic_name(reach.topic, topics, language)),
        channel=by(reach.channel, language),
        reason=getattr(REASONS[reach.reason], language),
        at=at,
    )
