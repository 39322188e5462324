"""Segments on the terminal: sizes, drafts, samples and overlaps as tables, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from kizuna.core.sentences import CHANNELS, Language, Words
from kizuna.usecases.segments.overlap import Overlap

_MOST_OVERLAPS = 10
_SEGMENT = Words("segment", "セグメント")
_SEGMENTS = Words("segments", "セグメント")
_MEMBERS = Words("members", "該当者")
_PEOPLE = Words("people", "人数")
_PERSON = Words("person", "お客様")
_BECAUSE = Words("because", "理由")
_LOOKED_AT = Words("looked at", "調べた人数")
_ENTERING = Words("who are not in it by the record yet", "記録ではまだ入っていない人")
_LEAVING = Words("who are in it by the record, and would not be", "記録では入っているが、外れる人")
_ALSO_IN = Words("also in {segment}", "{segment}にも入っている人")
_REACHED = Words("reached {channel} now, and later", "{channel}でいま届く人、あとで届く人")
_OF_ASKED = Words("{now:,}, {later:,} of {asked:,} asked", "{now:,}、{later:,}（調べた{asked:,}人のうち）")
_BOTH = Words("{one} and {other}", "{one}と{other}の両方")
_ANY = Words("any of them", "いずれか")
_ALL = Words("all of them", "すべて")
_USED_BY = Words("used by", "使われている場所")
_NOTHING = Words("nothing", "なし")
_BEING_FILLED = Words("being filled", "集計中")


def in_(words: Words, language: Language, **values: Any) -> str:
    return str(getattr(words, language)).format(**values)


def page_text(body: Mapping[str, Any], language: Language) -> Text:
    """One segment: its name, what it asks, how many are in it, what uses it."""
    used = ", ".join(body["usedBy"]) or in_(_NOTHING, language)
    state = "" if body["complete"] else f"  ({in_(_BEING_FILLED, language)})"
    return Text(
        f"{body['name']}\n{body['text'][language]}\n{in_(_MEMBERS, language)}: {body['members']:,}{state}\n"
        f"{in_(_USED_BY, language)}: {used}"
    )


def sizes_table(sizes: Mapping[str, int], language: Language) -> Table:
    shown = Table(in_(_SEGMENT, language), in_(_MEMBERS, language))
    for name, size in sizes.items():
        shown.add_row(name, f"{size:,}")
    return shown


def count_table(name: str, body: Mapping[str, Any], language: Language) -> Table:
    """How many are or would be in a segment; of a draft also who comes and goes, and whom it reaches."""
    shown = Table("", "", title=name, title_justify="left", show_header=False)
    shown.add_row(in_(_MEMBERS, language), f"{body['members']:,}")
    if "people" not in body:
        return shown
    shown.add_row(in_(_LOOKED_AT, language), f"{body['people']:,}")
    shown.add_row(in_(_ENTERING, language), f"{body['entering']:,}")
    shown.add_row(in_(_LEAVING, language), f"{body['leaving']:,}")
    for other in body["overlap"][:_MOST_OVERLAPS]:
        shown.add_row(in_(_ALSO_IN, language, segment=other["segment"]), f"{other['members']:,}")
    reach = body["reach"]
    if reach is not None and reach["asked"]:
        for each in reach["channels"]:
            channel = getattr(CHANNELS.get(each["channel"], Words(*[each["channel"]] * 2)), language)
            told = in_(_OF_ASKED, language, now=each["now"], later=each["later"], asked=reach["asked"])
            shown.add_row(in_(_REACHED, language, channel=channel), told)
    return shown


def sample_table(body: Mapping[str, Any], language: Language) -> Table:
    """People with the reasons why they are in it."""
    shown = Table(in_(_PERSON, language), in_(_BECAUSE, language))
    for each in body["sample"]:
        because = (f"{'✓' if one['holds'] else '✗'} {one['text']}" for one in each["because"])
        shown.add_row(each["person"], "\n".join(because))
    return shown


def overlap_table(told: Overlap, language: Language) -> Table:
    """Each segment, each pair, any and all."""
    shown = Table(in_(_SEGMENTS, language), in_(_PEOPLE, language))
    for name, number in told.members.items():
        shown.add_row(name, f"{number:,}")
    for (one, other), number in told.pairs.items():
        shown.add_row(in_(_BOTH, language, one=one, other=other), f"{number:,}")
    shown.add_row(in_(_ANY, language), f"{told.in_any:,}", style="bold")
    shown.add_row(in_(_ALL, language), f"{told.in_all:,}", style="bold")
    return shown
