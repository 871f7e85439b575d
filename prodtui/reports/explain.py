"""Why a service has its score: every point, its evidence, and what would raise it."""

from __future__ import annotations

import msgspec

from prodtui.model.assessment import ServiceAssessment
from prodtui.model.moment import Moment
