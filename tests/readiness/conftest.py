"""Properties are tried often enough to fall over, and have no deadline: the machine is shared."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("prodtui", deadline=None, max_examples=40)
settings.load_profile("prodtui")
