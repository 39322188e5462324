"""Filters: whole conditions over the properties of an event, or of one object of a list (`properties.Where`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from kizuna.core.condition_sql.areas import lies_in_area
from kizuna.core.condition_sql.comparing import Setting, question_sql
from kizuna.core.condition_sql.places import Place
from kizuna.core.condition_sql.terms import (
    NotInLake,
    Sql,
    all_true,
    any_true,
    compared,
    field,
    how_many,
    known,
    no,
    text,
    whole,
)
from kizuna.core.conditions.properties import (
    Comparison,
    ContextIs,
    EventPlace,
    OtherProperty,
    PropertyIs,
    Where,
    WhereAll,
    WhereAny,
    WhereAtLeast,
    WhereNone,
    WhereXor,
)

_ITEM = "o"  # what an object of a list is called


def where_sql(where: Where, place_of: Callable[[str], Place], setting: Setting) -> Sql:
    """Whether an event, or an object of a list, satisfies a filter; never null."""
    inside = replace(setting, held=None, property_at=place_of)

    def each(parts: Sequence[Where]) -> list[Sql]:
        return [where_sql(part, place_of, setting) for part in parts]

    match where:
        case PropertyIs(property=path):
            return asked(where, place_of(path), inside)
        case ContextIs(context=path):
            return asked(where, Place(setting.context(), path), inside)
        case EventPlace(geo=OtherProperty(property=path)):
            return lies_in_area(place_of(path), where.within, where.region)
        case EventPlace():
            return lies_in_area(Place(setting.context(), "location"), where.within, where.region)
        case WhereAll(of=parts):
            return all_true(each(parts))
        case WhereAny(of=parts):
            return any_true(each(parts))
        case WhereNone(of=parts):
            return no(any_true(each(parts)))
        case WhereXor(of=parts):
            return compared("eq", how_many(each(parts)), whole(1))
        case WhereAtLeast(of=parts, n=least):
            return compared("gte", how_many(each(parts)), whole(least))


def asked(question: Comparison, place: Place, setting: Setting) -> Sql:
    """Whether the value at a place is as any question asks, one about the objects of a list too; never null."""
    if question.op == "has_item":
        return _has_item(question, place, setting)
    return question_sql(question, place, setting)


def _has_item(question: Comparison, place: Place, setting: Setting) -> Sql:
    where = question.where
    if where is None:
        return exp.false()

    def told(which: Sql) -> Sql:
        holds = where_sql(where, lambda path: place.inside(path, _ITEM)[0], setting)
        return place.objects(all_true([which, holds]), _ITEM)

    if question.value_type == "list":
        return told(known(compared("gte", field("e", _ITEM), whole(0))))

    def within(path: str) -> Place:
        if "." in path:
            raise NotInLake(
                f"has_item with the path {path}, where the trait may be a single object: say value_type: list"
            )
        return place.inside(path, _ITEM)[1]

    is_by_itself = all_true([compared("eq", field("k"), text("o")), _is_null("m", "c")])
    alone = all_true([place.own(is_by_itself), where_sql(where, within, setting)])
    # An object whose values are told apart (`m`, see `lake_cells`) has an element, as those of a list have.
    return any_true([told(no(_is_null("e", _ITEM))), alone])


def _is_null(of: str, name: str) -> Sql:
    return exp.Is(this=field(of, name), expression=exp.null())
