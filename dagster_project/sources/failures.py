"""Put what went wrong on the wire into the project's own reasons, in words without query, key or stack.

Which of them are worth another try is said here too; how long to wait is waiting.py.
"""

import httpx

from dagster_project.model import Answer, Reason

Trouble = tuple[Reason, str]
"""What went wrong, and in words."""

_STATUS_REASONS = {
    400: Reason.BAD_REQUEST,
    401: Reason.UNAUTHORISED,
    402: Reason.FORBIDDEN,
    403: Reason.FORBIDDEN,
    404: Reason.NOT_FOUND,
    422: Reason.BAD_REQUEST,
    429: Reason.RATE_LIMITED,
}
_REMEDIES = {
    Reason.UNAUTHORISED: "the key is not accepted; check it at the provider and in the environment",
    Reason.FORBIDDEN: "the key is known but may not do this; the plan may not include it",
    Reason.NOT_FOUND: "there is nothing at this address; base_url may be out of date, or the provider gone",
    Reason.RATE_LIMITED: "too many requests; lower requests_per_second for this provider",
    Reason.REDIRECTED: "the provider points elsewhere; no redirect is followed with a key, set base_url instead",
    Reason.SERVER_ERROR: "the provider failed; the next run asks again",
    Reason.BAD_REQUEST: "the provider refuses the question; its own words are in the kept answer",
}
_CUT_OFF = "the host may be down, unknown, or cut off from here"
_WITHOUT_CONNECTION = {
    "certificate name": "its TLS certificate is for another name",
    "certificate time": "its TLS certificate has expired, or the clock of this machine is wrong",
    "certificate": "its TLS certificate is not trusted here",
    "host name": "no such host name is known here",
    "closed": "nothing listens at this port",
}
"""By the kind that transport.py found among the causes."""

_WITHOUT_A_WHOLE_BODY = frozenset({204, 205, 206})
"""Statuses of success that say that there is no body, or a part of one."""

_TRY_AGAIN_STATUS = frozenset({429, 500, 502, 503, 504})
_TRY_AGAIN = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT, Reason.INTERRUPTED})


def is_worth_another_try(answer: Answer) -> bool:
    """Tell whether the same request may fare better: limits, faults of the server, the network; nothing else."""
    return answer.status in _TRY_AGAIN_STATUS or answer.reason in _TRY_AGAIN


def reason_of(status: int | None, trouble: Trouble | None) -> tuple[Reason | None, str | None]:
    """Join what the status says with what went wrong on the wire; (None, None) for a good status that came whole.

    A status of failure is the reason, even where its body is broken as well: the body would not change it.
    """
    refusal = None if status is None else _refusal(status)
    if refusal is None or trouble is None:
        return refusal or trouble or (None, None)
    return refusal[0], f"{refusal[1]} ({trouble[1]})"


def _refusal(status: int) -> Trouble | None:
    """Give the reason that an HTTP status stands for, with the remedy; None for success: the body says the rest.

    Servers answer a POST with 201, and a cache may answer with 203.
    """
    if httpx.codes.is_success(status) and status not in _WITHOUT_A_WHOLE_BODY:
        return None
    if status in _STATUS_REASONS:
        reason = _STATUS_REASONS[status]
    elif httpx.codes.is_redirect(status):
        reason = Reason.REDIRECTED
    elif httpx.codes.is_server_error(status):
        reason = Reason.SERVER_ERROR
    else:
        reason = Reason.UNEXPECTED_STATUS
    return reason, f"HTTP {status}: {_REMEDIES.get(reason, 'the contract does not know this status')}"


def reason_of_error(error: httpx.TransportError) -> Trouble:
    """Give the reason behind an error of the transport, and what kind it was; never its own words."""
    if isinstance(error, httpx.TimeoutException):
        return Reason.TIMEOUT, "no answer within the time allowed"
    if isinstance(error, httpx.ConnectError):
        return Reason.UNREACHABLE, f"no connection; {_WITHOUT_CONNECTION.get(str(error), _CUT_OFF)}"
    return Reason.INTERRUPTED, "the connection broke before the answer was whole"
