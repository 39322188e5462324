"""Whether a place lies in an area (`conditions.geo`): cells tell the point and the region of objects.

Distances are worked out by the engine. Its sine may differ from Python's in the last of sixteen digits: less than a
thousandth of a millimetre, which only a point on the very edge of a circle could show.
"""

from __future__ import annotations

from math import cos, radians

from sqlglot import exp

from kizuna.core.condition_sql.places import Place
from kizuna.core.condition_sql.terms import Sql, all_true, any_true, compared, field, real, text
from kizuna.core.conditions.geo import EARTH_RADIUS_M, Circle


def lies_in_area(place: Place, within: Circle | None, region: str | None) -> Sql:
    """Whether the place there, or one in the list there, lies in the circle or in the region; never null."""
    return place.any(cell_in_area(within, region))


def cell_in_area(within: Circle | None, region: str | None, name: str = "c") -> Sql:
    """The same of one cell, unknown for one that is no place."""
    if within is not None:
        return _in_circle(within, name)
    return exp.false() if region is None else _in_region(region, name)


def _in_circle(circle: Circle, name: str) -> Sql:
    """The haversine of `geo.metres_between`, term by term."""
    lat, lon = field("g", name), field("w", name)
    rise = exp.Radians(this=exp.Sub(this=real(circle.lat), expression=lat))
    turn = exp.Radians(this=exp.Sub(this=real(circle.lon), expression=lon))
    upright = exp.Mul(
        this=exp.Mul(
            this=exp.Cos(this=exp.Radians(this=lat.copy())), expression=real(cos(radians(circle.lat)))
        ),
        expression=_half_sine_squared(turn),
    )
    chord = exp.Add(this=_half_sine_squared(rise), expression=upright)
    root = exp.Sqrt(this=chord)
    bounded = exp.Case(
        ifs=[exp.If(this=compared("gt", root, real(1.0)), true=real(1.0))], default=root.copy()
    )
    metres = exp.Mul(this=real(2 * EARTH_RADIUS_M), expression=exp.Asin(this=bounded))
    return compared("lte", metres, real(circle.radius_m))


def _half_sine_squared(angle: Sql) -> Sql:
    half = exp.Sin(this=exp.Div(this=angle, expression=real(2.0)))
    return exp.paren(exp.Mul(this=half, expression=half.copy()), copy=False)


def _in_region(region: str, name: str) -> Sql:
    country, part = field("c", name), field("o", name)
    whole_name, _, code = region.partition("-")
    if not code:
        begins = exp.StartsWith(this=part, expression=text(f"{region}-"))
        return any_true([compared("eq", country, text(region)), begins])
    as_part = all_true([compared("eq", country, text(whole_name)), compared("eq", part.copy(), text(code))])
    return any_true([compared("eq", part, text(region)), as_part])
