"""Questions to any provider, as its own source plans them: what a file of expected rows names under `asked`.

Nothing here reads a body or names a provider.
"""

from collections.abc import Mapping
from typing import Any

from dagster_project import caip
from dagster_project.model import Account, Frame, ProviderPlan, Pull
from dagster_project.normalise.judge import Judged, judge
from dagster_project.sources.registry import PROVIDERS
from dagster_project.sources.source import Question
from tests.normalise.asking import AS_OF, ETHEREUM, GRACE_MINUTES, WALLET, answer


def account(text: str, chains: tuple[str, ...]) -> Account:
    """A wallet as settings give it, on those of the chains that are of its namespace."""
    account_id, address, _ = caip.parse_account(text)
    namespace = caip.namespace_of(account_id)
    return Account(account_id, address, address, tuple(one for one in chains if caip.namespace_of(one) == namespace))


def pulls(provider: str, asked: Mapping[str, Any], *, is_series_due: bool = False) -> list[Pull]:
    """What the source asks for the named accounts on the named chains with the named options.

    Unless said otherwise it is the wallet of asking.py on Ethereum, without any option.
    """
    source = PROVIDERS[provider].source
    chains = tuple(asked.get("chains", [ETHEREUM]))
    accounts = tuple(account(one, chains) for one in asked.get("accounts", [WALLET]))
    options = source.options(**asked.get("options", {}))
    return list(source.pulls(Question(accounts, AS_OF, {}, options, is_series_due)))


def question(provider: str, asked: Mapping[str, Any]) -> Pull:
    """The first question to the named endpoint, or the first of all."""
    return next(
        one for one in pulls(provider, asked, is_series_due=True) if asked.get("endpoint") in (None, one.endpoint)
    )


def plan_of(pull: Pull) -> ProviderPlan:
    """A plan of this question alone."""
    frame = Frame(AS_OF, (), "0 * * * *", AS_OF, GRACE_MINUTES, "ab" * 32)
    return ProviderPlan(frame, pull.provider, 0, (pull,))


def judged(pull: Pull, body: bytes) -> Judged:
    """The question with this body for its answer, judged as the pipeline does."""
    return judge(plan_of(pull), pull, answer(body), 1, PROVIDERS[pull.provider].normalise)
