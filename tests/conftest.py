"""What holds for all tests: a property is about behaviour and never about time, so no example has a deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("kizuna", deadline=None)
settings.load_profile("kizuna")
