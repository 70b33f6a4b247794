"""The names of all faults, gathered from the modules that carry them out.

A fault that is not named here does not exist; what each does is told in docs/simulator.md, in the same names.
"""

from dagster_project.simulator.faults.distortions import DISTORTIONS
from dagster_project.simulator.faults.replies import REPLIES
from dagster_project.simulator.faults.wires import WIRES

IGNORED_TIMESTAMP = "ignored_timestamp"
"""The answer is honest and for the latest block, whatever time was asked for."""

NAMES: frozenset[str] = frozenset({IGNORED_TIMESTAMP, *REPLIES, *DISTORTIONS, *WIRES})
