"""The names of all faults, gathered from the modules that carry them out.

A fault that is not named here does not exist; what each does is told in docs/simulator.md, in the same names.
"""

from dagster_project.simulator.faults.distortions import CHANGING_ANSWERS, DISTORTIONS
from dagster_project.simulator.faults.replies import REPLIES
from dagster_project.simulator.faults.times import TIMES
from dagster_project.simulator.faults.views import VIEWS
from dagster_project.simulator.faults.wires import WIRES

NAMES: frozenset[str] = frozenset({CHANGING_ANSWERS, *TIMES, *VIEWS, *REPLIES, *DISTORTIONS, *WIRES})
