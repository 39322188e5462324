"""What may be repeated of a name that nobody knows: whoever mistyped one is helped by it, and no address is shown."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_MOST_DIGITS = 6  # a telephone number has more, and so has a date of birth


def asked_for(name: str) -> str:
    """A name in quotes as it was asked for, if it could be that of a definition; else … stands for it.

    Answers and logs keep what they are told, and where a name belongs somebody may have pasted an e-mail address.
    """
    is_name = _NAME.fullmatch(name) and sum(map(str.isdigit, name)) <= _MOST_DIGITS
    return f"'{name}'" if is_name else "'…'"
