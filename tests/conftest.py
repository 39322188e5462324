"""What holds for all tests: a property is about behaviour and never about time, so no example has a deadline.

`KIZUNA_EXAMPLES=2000` draws more examples than a run of every day does.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("kizuna", deadline=None, max_examples=int(os.environ.get("KIZUNA_EXAMPLES", "100")))
settings.load_profile("kizuna")
