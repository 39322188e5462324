"""docs/glossary.md: each term is said with names that the code has."""

from __future__ import annotations

import ast
from functools import cache

from tests.docs.reading import ROOT, codes, page, rows

GLOSSARY = "docs/glossary.md"


@cache
def names_of_the_code() -> frozenset[str]:
    """Everything that is defined anywhere in the library: classes, functions, fields, constants, members."""
    found: set[str] = set()
    for path in (ROOT / "shared" / "kizuna").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                    found.add(name)
                case ast.Assign(targets=targets):
                    found |= {target.id for target in targets if isinstance(target, ast.Name)}
                case ast.AnnAssign(target=ast.Name(id=name)):
                    found.add(name)
                case _:
                    pass
    return frozenset(found)


def test_every_name_of_the_glossary_exists_in_the_code() -> None:
    named = {code for *_, names in rows(page(GLOSSARY)) for code in codes(names)}
    assert named
    assert named - names_of_the_code() == set()


def test_every_term_has_a_meaning_and_a_name() -> None:
    for term, meaning, names in rows(page(GLOSSARY)):
        assert meaning, term
        assert codes(names), term


def test_no_term_is_told_twice() -> None:
    terms = [term.strip() for cells in rows(page(GLOSSARY)) for term in cells[0].split(",")]
    assert sorted(set(terms)) == sorted(terms)
