"""Where a question finds its value: cells at a path, of a person or an event, or of one object of a list."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from kizuna.core.condition_sql.terms import NotInLake, Sql, all_true, any_of, compared, field, known, no, text


@dataclass(frozen=True, slots=True)
class Place:
    """The cells of one value: its own, and if it is a list those of its elements."""

    cells: Sql
    path: str
    item: str = ""  # what a cell of the list of objects is called, where the value is in one of them
    of: str = ""  # the path of that list

    def own(self, holds: Sql, name: str = "c") -> Sql:
        """Whether something holds for the value as a whole."""
        return self._any([self._is_own(name), holds], name)

    def element(self, holds: Sql, name: str = "c") -> Sql:
        """Whether it holds for any element of a list."""
        return self._any([no(self._is_own(name)), holds], name)

    def any(self, holds: Sql, name: str = "c") -> Sql:
        """Whether it holds for a single value, or for any element of a list.

        A list has a cell of its own, which no test of a single value is true of.
        """
        return self._any([holds], name)

    def _any(self, parts: list[Sql], name: str) -> Sql:
        return any_of(self.cells.copy(), all_true([*self.here(name), *parts]), name)

    def is_list_itself(self, name: str) -> Sql:
        """Whether a cell is the list as a whole, and none of its elements."""
        return all_true([self._is_own(name), known(is_list(name))])

    def here(self, name: str) -> list[Sql]:
        """What is true of the cells of this value alone."""
        if not self.item:
            return [compared("eq", field("p", name), text(self.path)), _is_null("q", name)]
        return [
            compared("eq", field("p", name), text(self.of)),
            compared("eq", field("e", name), field("e", self.item)),
            compared("eq", field("q", name), text(self.path)),
        ]

    def _is_own(self, name: str) -> Sql:
        return _is_null("m" if self.item else "e", name)

    def objects(self, holds: Sql, name: str) -> Sql:
        """Whether something holds for one object: an element of the list, or the value itself. See `inside`."""
        if self.item:
            raise NotInLake("has_item within has_item")
        return self.any(all_true([compared("eq", field("k", name), text("o")), holds]), name)

    def inside(self, path: str, name: str) -> tuple[Place, Place]:
        """A value within that object: where the object is an element of a list, and where it is by itself."""
        return (
            Place(self.cells, path, item=name, of=self.path),
            Place(self.cells, f"{self.path}.{path}"),
        )


def is_list(name: str = "c") -> Sql:
    """Whether a cell is of a list."""
    return compared("eq", field("k", name), text("l"))


def is_there(name: str = "c") -> Sql:
    """Whether a cell is of anything but null."""
    return no(exp.func("COALESCE", compared("eq", field("k", name), text("0")), exp.false()))


def _is_null(of: str, name: str) -> Sql:
    return exp.Is(this=field(of, name), expression=exp.null())
