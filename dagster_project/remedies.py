"""What to do about each reason for which a pull has no answer, in plain words for the ticks to come.

The macro `remedy_for` says the same to SQL; a test holds both equal.
"""

from collections.abc import Mapping

from dagster_project.model import Outcome, Reason

REMEDIES: Mapping[Reason, str] = {
    Reason.MISSING_KEY: "set the key in the environment of the run",
    Reason.UNAUTHORISED: "set a key that the provider accepts in the environment of the run",
    Reason.FORBIDDEN: "the key may not ask this: choose a plan that includes it, or set enabled = false for it",
    Reason.BAD_REQUEST: "the provider rejects the request: correct its section in the settings, or update this program",
    Reason.NOT_FOUND: "nothing is at this address: correct base_url, or set enabled = false if the provider is gone",
    Reason.RATE_LIMITED: "lower requests_per_second of the provider",
    Reason.SERVER_ERROR: "the provider itself failed: run again later",
    Reason.UNEXPECTED_STATUS: "the provider answers with an unknown status: run again later, or update this program",
    Reason.REDIRECTED: "the provider has moved: set its new address as base_url",
    Reason.UNREACHABLE: "correct the address in the settings, or mend the network of this machine",
    Reason.TIMEOUT: "run again later; if it stays so, lower concurrency or name another address",
    Reason.INTERRUPTED: "run again; if it stays so, name another address",
    Reason.TOO_LARGE: "the answer is too large: ask for less at once, with fewer tokens or a smaller chunk",
    Reason.UNDECODABLE: "run again; if it stays so, update this program: the provider changed its encoding",
    Reason.UNREADABLE: "update this program: the provider changed its answers; they are kept for `portfolio rebuild`",
    Reason.NOT_POINT_IN_TIME: "set the clock of this machine; if it is right, run again later",
    Reason.QUOTA: "raise monthly_quota of the provider, or wait for the next UTC month",
    Reason.NOW_ONLY: "run within the grace of a tick: this endpoint knows only the present",
    Reason.STATE_PRUNED: "name an archive node of this chain under endpoints in the settings",
    Reason.NOT_ASKED: "the run of this tick left this provider out: run it with every provider",
    Reason.WRONG_CHAIN: "correct the address of this node in the settings: it serves another chain",
    Reason.REFUSED: "name another node of this chain under endpoints in the settings",
    Reason.NODE_BEHIND: "the node lacks the block: run again later; if it stays so, name another node of this chain",
}
"""By reason; none is left out."""

IN_PART = "the rest is recorded: correct what is named; if the provider changed its answers, update this program"
"""What to do about an answer of which a part could not be read."""

ABOUT_THE_KEY = frozenset({Reason.MISSING_KEY, Reason.UNAUTHORISED, Reason.FORBIDDEN})
"""Reasons whose remedy is better with the name of the key's variable."""

HOW: Mapping[str, str] = {
    Outcome.FAILED: "failed",
    Outcome.NOT_AVAILABLE: "can no longer be asked",
    Outcome.ANSWERED: "were read in part",
    Outcome.EMPTY: "were read in part",
}
"""How a pull ended that is worth a line, in words."""
