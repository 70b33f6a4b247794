"""What one run learns of nodes and blocks: whom to trust, whom to ask first, and which blocks lie around an instant.

Hints alone: what a conversation relies on stands in the conversation itself.
"""

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from dagster_project.normalise.onchain_question import Line
from dagster_project.normalise.onchain_rpc import Header
from dagster_project.sources.onchain_pricing import Together
from dagster_project.sources.source import Anchors


@dataclass
class ChainMemory:
    """Of one chain: blocks as (Unix seconds, number) in order of time, and how its nodes have fared in this run.

    `pruned` says by node how old (seconds behind the latest known block) the youngest instant was of which it had no
    state any more, `chunk` how many calls it takes at once, `by_hash` whether it takes a block's hash for a block,
    `log_range` of how many blocks it gives logs at once. `held` lists tokens that somebody held at an earlier instant.
    """

    anchors: list[tuple[int, int]] = field(default_factory=list)
    verified: set[Line] = field(default_factory=set)
    distrusted: set[Line] = field(default_factory=set)
    failures: Counter[Line] = field(default_factory=Counter)
    pruned: dict[Line, int] = field(default_factory=dict)
    chunk: dict[Line, int] = field(default_factory=dict)
    by_hash: dict[Line, bool] = field(default_factory=dict)
    log_range: dict[Line, int] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    def in_order(self, lines: Sequence[Line], at: int) -> list[Line]:
        """Give the nodes as they are to be asked: the settings' order, those that failed in this run behind.

        Those of another chain are left out, and those that had no state of an instant less than twice as old as `at`
        (Unix seconds): a backfill towards the present finds out soon where a full node begins, without asking each day.
        """
        good = [line for line in lines if line not in self.distrusted]
        good = [line for line in good if line not in self.pruned or 2 * self._age(at) < self.pruned[line]]
        return sorted(good, key=lambda line: self.failures[line])

    def prune(self, line: Line, at: int) -> None:
        """Remember that a node has no state of an instant any more."""
        self.pruned[line] = min(self._age(at), self.pruned.get(line, self._age(at)))

    def _age(self, at: int) -> int:
        return (self.anchors[-1][0] if self.anchors else at) - at

    def note(self, header: Header) -> None:
        """Remember when a block was made."""
        anchor = (header.made_at, header.number)
        at = bisect_right(self.anchors, anchor)
        if not at or self.anchors[at - 1] != anchor:
            insort(self.anchors, anchor)

    def pace(self, at: int, usual: float) -> tuple[int, int, float] | None:
        """Give a block near an instant as (seconds, number), and the seconds a block around it; None without a hint."""
        if not self.anchors:
            return None
        index = bisect_right(self.anchors, (at, 1 << 62))
        left = self.anchors[max(index - 1, 0)]
        right = self.anchors[min(index, len(self.anchors) - 1)]
        if left == right and len(self.anchors) > 1:
            index = self.anchors.index(left)
            left, right = self.anchors[max(index - 1, 0)], self.anchors[min(index + 1, len(self.anchors) - 1)]
        blocks, seconds = right[1] - left[1], right[0] - left[0]
        nearest = min(left, right, key=lambda one: abs(one[0] - at))
        return *nearest, seconds / blocks if blocks > 0 and seconds > 0 else usual


class Memory:
    """Of one run, by CAIP-2 chain; it begins with blocks whose time the store knows, and the instants of the run."""

    def __init__(self, anchors: Anchors, instants: Sequence[int] = ()) -> None:
        """Take anchors and instants (Unix seconds) in."""
        self.together = Together(instants)
        self._chains: defaultdict[str, ChainMemory] = defaultdict(ChainMemory)
        for chain_id, known in anchors.items():
            self._chains[chain_id].anchors = sorted(known)

    def of(self, chain_id: str) -> ChainMemory:
        """Give what is known of a chain."""
        return self._chains[chain_id]
