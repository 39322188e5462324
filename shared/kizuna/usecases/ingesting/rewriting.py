"""Change a stored person by what they are at the moment of the write: read, work out, write, again if overtaken."""

from __future__ import annotations

from collections.abc import Callable

from kizuna.core.errors import Conflict
from kizuna.core.people import Profile
from kizuna.core.ports import People, PersonWrite

TRIES = 5


def rewrite(
    person: str,
    people: People,
    write_of: Callable[[Profile], PersonWrite | None],
    *,
    read: Profile | None = None,
) -> bool:
    """Store what `write_of` makes of a person; False where there is nobody, or it has nothing to write.

    Guarded by the version of the profile that `write_of` was given, if its write says so: who loses reads the
    person again and asks `write_of` anew. `read` is the person as somebody read them just now, and saves the first
    read. After a merge `write_of` gets whoever the person lives on in. A crash leaves the person as before.
    Raises Conflict where others are faster five times in a row.
    """
    profile = read or people.profiles([person]).get(person)
    for _ in range(TRIES):
        write = write_of(profile) if profile is not None else None
        if write is None:
            return False
        try:
            people.commit(write)
        except Conflict:
            profile = people.profiles([person]).get(person)
            continue
        return True
    raise Conflict(f"profile {person}")
