"""From what authors write to the templates that are stored.

    {% include 'footer' %}   ─▶ the block, in the template's language and in the form of the part
    mjml:                    ─▶ html:
    no text:                 ─▶ text:, from the html

Each text is checked as its author wrote it before anything is put together, so an error names the file, the key and
the line that they see. A block must be whole in itself: what it opens it closes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from kizuna.core.authoring.blocks import Block, BlockForms
from kizuna.core.authoring.faults import AuthoringFault
from kizuna.core.authoring.mjml import compiled_mjml
from kizuna.core.authoring.plain_text import text_of_html
from kizuna.core.content.errors import TemplateRefused
from kizuna.core.content.liquid_compile import compile_source, line_of
from kizuna.core.content.templates import nearest_language
from kizuna.core.definition_size import bomb_problem
from kizuna.core.errors import InvalidDefinition, Problem

Document = Mapping[str, Any]
Documents = Mapping[tuple[str, str], Document]
Form = Literal["html", "mjml", "text"]

NESTED_MAX = 4
INCLUDED_MAX = 500
"""Blocks that one text may put in, those within blocks counted: ones that say nothing make no text too long."""
COMPOSED_MAX = 100_000

_ANY_INCLUDE = re.compile(r"\{%-?\s*include\b")
_INCLUDE = re.compile(r"\{%\s*include\s+(['\"])([a-z][a-z0-9-]{0,63})\1\s*%\}")


def composed(
    documents: Documents,
    *,
    origin: Callable[[str, str], str] = lambda kind, definition_id: f"{kind}/{definition_id}",
) -> dict[tuple[str, str], Document]:
    """The same definitions, each template finished. Same documents, same result.

    What needs nothing done is left exactly as it was, also where its shape is wrong: that is for `catalog.build` to
    say. Raises InvalidDefinition with every problem.
    """
    composer = _Composer(_blocks(documents), origin)
    done: dict[tuple[str, str], Document] = {}
    for (kind, name), document in documents.items():
        if kind == "block":
            composer.check_block(name, origin(kind, name))
        done[kind, name] = composer.template(document, origin(kind, name)) if kind == "template" else document
    if composer.problems:
        raise InvalidDefinition(tuple(composer.problems))
    return done


def _blocks(documents: Documents) -> dict[str, Block]:
    """Those that have the right shape; of the others `catalog.build` says what is wrong."""
    found = {}
    for (kind, name), document in documents.items():
        if kind == "block" and not bomb_problem(document):
            try:
                found[name] = Block.model_validate(document)
            except ValidationError:
                continue
    return found


@dataclass(slots=True)
class _Composer:
    blocks: Mapping[str, Block]
    origin: Callable[[str, str], str]
    problems: list[Problem] = field(default_factory=list)
    _put_in: int = 0

    def check_block(self, name: str, place: str) -> None:
        block = self.blocks.get(name)
        for language, forms in block.languages.items() if block else ():
            for form, source in _forms(forms):
                self._check(source, form, f"{place}: languages.{language}.{form}")

    def template(self, document: Document, place: str) -> Document:
        languages = document.get("languages") if isinstance(document, Mapping) else None
        if not isinstance(languages, Mapping) or bomb_problem(document):
            return document
        used: set[str] = set()
        finished = {
            language: self._content(content, str(language), f"{place}: languages.{language}", used, document)
            for language, content in languages.items()
        }
        told = {"blocks": sorted(used)} if used else {}
        return {**document, "languages": finished, **told}

    def _content(self, content: Any, language: str, place: str, used: set[str], document: Document) -> Any:
        if not isinstance(content, Mapping):
            return content
        ready = {
            key: self._part(value, str(key), language, f"{place}.{key}", used)
            for key, value in content.items()
        }
        if document.get("channel") != "email":
            return ready
        before = len(self.problems)
        if "mjml" in ready:
            ready = self._with_html(ready, language, place)
        if "text" not in ready and isinstance(ready.get("html"), str) and len(self.problems) == before:
            ready = self._with_text(ready, place)
        return ready

    def _with_html(self, content: dict[str, Any], language: str, place: str) -> dict[str, Any]:
        source = content.pop("mjml")
        if "html" in content:
            self.problems.append(Problem(place, "has both html and mjml; give one of them"))
        elif not isinstance(source, str):
            self.problems.append(Problem(f"{place}.mjml", "is not a text"))
        elif self._check(source, "mjml", f"{place}.mjml"):
            try:
                content["html"] = compiled_mjml(source, language=language)
            except AuthoringFault as fault:
                self._note(fault, f"{place}.mjml")
        return content

    def _with_text(self, content: dict[str, Any], place: str) -> dict[str, Any]:
        if self._check(content["html"], "html", f"{place}.html"):
            try:
                content["text"] = text_of_html(content["html"])
            except ValueError as error:
                self.problems.append(Problem(f"{place}.html", str(error)))
        return content

    def _part(self, value: Any, key: str, language: str, place: str, used: set[str]) -> Any:
        match value:
            case str() if _ANY_INCLUDE.search(value):
                form: Form = "html" if key == "html" else "mjml" if key == "mjml" else "text"
                if not self._check(value, form, place):
                    return value
                self._put_in = 0
                try:
                    return self._included(value, form, language, used, trail=())
                except AuthoringFault as fault:
                    self._note(fault, place)
                    return value
            case Mapping():
                return {
                    name: self._part(inner, str(name), language, f"{place}.{name}", used)
                    for name, inner in value.items()
                }
            case list() | tuple():
                return [
                    self._part(inner, key, language, f"{place}[{at}]", used) for at, inner in enumerate(value)
                ]
            case _:
                return value

    def _included(
        self, source: str, form: Form, language: str, used: set[str], *, trail: tuple[str, ...]
    ) -> str:
        """Raises AuthoringFault with the line in the text that was given first."""
        pieces, position, length = [], 0, 0
        for found in _INCLUDE.finditer(source):
            line = line_of(source, found.start())
            self._put_in += 1
            if self._put_in > INCLUDED_MAX:
                raise AuthoringFault(f"puts in more than {INCLUDED_MAX} blocks", line=line)
            inner = self._block_text(found[2], form, language, line, trail)
            used.add(found[2])
            try:
                inner = self._included(inner, form, language, used, trail=(*trail, found[2]))
            except AuthoringFault as fault:
                raise AuthoringFault(f"block {found[2]!r}: {fault.reason}", line=line) from None
            pieces += [source[position : found.start()], inner.rstrip("\n")]
            length += found.start() - position + len(inner)
            position = found.end()
            if length > COMPOSED_MAX:
                raise AuthoringFault(f"becomes longer than {COMPOSED_MAX} characters", line=line)
        return "".join(pieces) + source[position:]

    def _block_text(self, name: str, form: Form, language: str, line: int, trail: tuple[str, ...]) -> str:
        if name in trail:
            raise AuthoringFault(f"block {name!r} includes itself", line=line)
        if len(trail) >= NESTED_MAX:
            raise AuthoringFault(f"blocks nested more than {NESTED_MAX} deep", line=line)
        block = self.blocks.get(name)
        if block is None:
            raise AuthoringFault(f"there is no block {name!r}", line=line)
        chosen = nearest_language(block.languages, language) or block.default_language
        source = dict(_forms(block.languages[chosen])).get(form)
        if source is None:
            raise AuthoringFault(f"block {name!r} has no {form} in {chosen!r}", line=line)
        return source

    def _check(self, source: str, form: Form, place: str) -> bool:
        """Whether the Liquid of a text is sound, apart from what it includes; else it is noted, with its line."""
        alone = _INCLUDE.sub("", source)
        try:
            for found in _ANY_INCLUDE.finditer(source):
                if not _INCLUDE.match(source, found.start()):
                    line = line_of(source, found.start())
                    raise TemplateRefused("write {% include 'name' %}", line=line)
            compile_source(alone, html=form != "text")
        except TemplateRefused as refused:
            self._note(AuthoringFault(refused.detail, line=refused.line), place)
            return False
        return True

    def _note(self, fault: AuthoringFault, place: str) -> None:
        problem = Problem(f"{place}:{fault.line}" if fault.line else place, fault.reason)
        if problem not in self.problems:
            self.problems.append(problem)


def _forms(forms: BlockForms) -> Iterator[tuple[Form, str]]:
    if forms.html is not None:
        yield "html", forms.html
    if forms.mjml is not None:
        yield "mjml", forms.mjml
    if forms.text is not None:
        yield "text", forms.text
