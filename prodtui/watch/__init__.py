"""The heart: polls an environment's sources, folds what they say, assesses it, and yields moments.

The dashboard, the gate and the one-shot status all stand on it.
"""

from prodtui.watch.course import Course as Course
from prodtui.watch.following import Following as Following
from prodtui.watch.live import Watch as Watch
from prodtui.watch.once import read_once as read_once
from prodtui.watch.opened import opened as opened
from prodtui.watch.past import moment_at as moment_at
from prodtui.watch.polls import polls_of as polls_of
