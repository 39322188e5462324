"""Where in a document something is wrong, in the keys that its author wrote.

pydantic tells places of its own: the kinds that it chose among stand between the keys, and short forms
(`all: […]`, `not: …`) are gone. So the place is walked again along the model's schema (`pydantic_core.core_schema`)
and the document side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Key = str | int
_Schema = Mapping[str, Any]
# What of a document a schema takes, by its type. Numbers and yes or no are read from text too: `_fit` knows.
_OBJECTS = frozenset({"model-fields", "typed-dict", "dict", "tagged-union"})
_LISTS = frozenset({"list", "tuple", "set", "frozenset"})
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
}
# A condition's `of` is written under the name of its group, and so is the number of `at_least`.
_SHORT = {"of": ("all", "any", "none", "xor", "score", "not"), "n": ("at_least",)}


class Walk:
    """Follows a place of pydantic's through the schema and the document; `keys` are the author's."""

    def __init__(self, schema: _Schema, document: Any) -> None:
        self.keys: list[Key] = []
        self.here = document  # what the author wrote at this place; None where nothing stands there
        self.is_meant = (
            True  # no longer once it went into a choice of a union that fits worse than another one
        )
        self._definitions: dict[str, _Schema] = {}
        self._schema: _Schema | None = schema  # None once the way is lost: then pydantic's keys must do
        self._skips_number = False
        self._beside: tuple[str, ...] = ()  # what may stand where an unknown key stands

    def step(self, part: Key) -> None:
        schema = self._bare()
        match schema.get("type") if schema else None:
            case "model-fields" | "typed-dict-fields" | "typed-dict":
                self._into_field(str(part), schema or {})
            case "tagged-union":
                self._schema = _choice(schema or {}, str(part))
            case "union" if (chosen := self._chosen(schema or {}, str(part))) is not None:
                fits = [self._fit(_plain(each)) for each in (schema or {})["choices"]]
                self.is_meant = self.is_meant and self._fit(chosen) == max(fits)
                self._schema = chosen
            case "list" | "set" | "frozenset":
                self._into_item(part, (schema or {}).get("items_schema"))
            case "tuple":
                items = (schema or {}).get("items_schema", ())
                variadic = (schema or {}).get("variadic_item_index")
                place = part if isinstance(part, int) else 0
                if variadic is not None and place > variadic:
                    place = variadic
                self._into_item(part, items[place] if place < len(items) else None)
            case "dict":
                if part != "[key]":
                    self._go(part, (schema or {}).get("values_schema"))
            case _:
                self._go(part, None)

    def fields(self) -> tuple[str, ...]:
        """The keys that may stand here, if something with keys is expected."""
        schema = self._bare()
        if schema is None:
            return ()
        if schema.get("type") == "tagged-union":
            groups = {name for names in _SHORT.values() for name in names}
            choices = schema["choices"]
            return tuple(groups | set(choices)) if groups & set(choices) else tuple(choices)
        return tuple(_alias(field) or name for name, field in schema.get("fields", {}).items())

    def beside(self) -> tuple[str, ...]:
        """The keys that may stand where an unknown one stands."""
        return self._beside

    def words(self) -> tuple[str, ...]:
        """The words that may stand here, if it is one of a few."""
        schema = self._bare()
        found = schema.get("expected", ()) if schema and schema.get("type") == "literal" else ()
        return tuple(word for word in found if isinstance(word, str))

    def _into_field(self, name: str, schema: _Schema) -> None:
        fields = schema.get("fields", {})
        field = fields.get(name) or next((each for each in fields.values() if _alias(each) == name), None)
        if field is None:
            self._beside = self.fields()
            self._go(name, None)
            return
        inner = field["schema"]
        if isinstance(self.here, list | tuple) and name == "of":  # a list is short for `all`
            self._schema = inner
            return
        written = name
        if isinstance(self.here, Mapping) and name not in self.here:
            written = next((short for short in _SHORT.get(name, ()) if short in self.here), name)
        self._go(written, inner)
        self._skips_number = written == "not"

    def _into_item(self, part: Key, inner: _Schema | None) -> None:
        if self._skips_number:  # `not` holds one condition, which stands for a list of one
            self._skips_number = False
            self._schema = inner
            return
        self._go(part, inner)

    def _go(self, key: Key, inner: _Schema | None) -> None:
        self.keys.append(key)
        self._schema = inner
        match self.here:
            case Mapping():
                self.here = self.here.get(key)
            case list() | tuple() if isinstance(key, int) and 0 <= key < len(self.here):
                self.here = self.here[key]
            case _:
                self.here = None

    def _chosen(self, union: _Schema, label: str) -> _Schema | None:
        """The choice that pydantic calls so; None for a part of the place that names none, because a validator before
        it had chosen."""
        choices = [(each, self._labels(each)) for each in map(_plain, union["choices"])]
        # More may be told behind its type: what is in a list, which function reads it.
        first = label.partition("[")[0]
        return next((each for word in (label, first) for each, labels in choices if word in labels), None)

    def _labels(self, choice: _Schema) -> tuple[str, ...]:
        choice = self._definition(choice)
        if (cls := choice.get("cls")) is not None:
            return (cls.__name__,)
        inner = self._labels(choice["schema"]) if "schema" in choice else ()
        return (choice["type"], f"constrained-{choice['type']}", *inner)

    def _definition(self, schema: _Schema) -> _Schema:
        if schema["type"] == "definition-ref":
            return self._definitions.get(schema["schema_ref"], schema)
        return schema

    def _fit(self, choice: _Schema) -> int:
        """How well a choice fits what was written: 2 if it is of that kind, 1 if both are single values, else 0."""
        schema = self._bare_of(choice)
        kind = schema["type"] if schema else ""
        match self.here:
            case Mapping():
                return 2 if kind in _OBJECTS else 0
            case list() | tuple():
                return 2 if kind in _LISTS else 0
            case _ if kind in _OBJECTS | _LISTS:
                return 0
            case _ if kind == "literal":
                return 2 if type(self.here) in {type(each) for each in (schema or {})["expected"]} else 1
            case _:
                return 2 if type(self.here) in _SCALARS.get(kind, ()) else 1

    def _bare(self) -> _Schema | None:
        """The schema of what stands here, without what is only wrapped around it."""
        return self._bare_of(self._schema)

    def _bare_of(self, schema: _Schema | None) -> _Schema | None:
        while schema is not None:
            match schema["type"]:
                case "definitions":
                    self._definitions |= {each["ref"]: each for each in schema["definitions"]}
                    schema = schema["schema"]
                case "definition-ref":
                    schema = self._definitions.get(schema["schema_ref"])
                case (
                    "model" | "nullable" | "default" | "function-before" | "function-after" | "function-wrap"
                ):
                    if "ref" in schema:
                        self._definitions[schema["ref"]] = schema
                    schema = schema["schema"]
                case _:
                    return schema
        return None


def _choice(schema: _Schema, tag: str) -> _Schema | None:
    choice = schema["choices"].get(tag)
    while isinstance(choice, str):  # a tag that stands for another
        choice = schema["choices"].get(choice)
    return choice if isinstance(choice, Mapping) else None


def _plain(choice: Any) -> _Schema:
    """A choice of a union, which may stand beside its label."""
    found: _Schema = choice[0] if isinstance(choice, tuple) else choice
    return found


def _alias(field: _Schema) -> str | None:
    alias = field.get("validation_alias")
    return alias if isinstance(alias, str) else None
