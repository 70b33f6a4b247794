"""The command `portfolio`: which verbs there are, and how an error of ours ends the program.

Each verb's module is imported only when the verb is called, so that verbs that only read start quickly.
"""

import logging
import signal
import sys
from importlib import import_module
from keyword import iskeyword
from pathlib import Path

import click

from dagster_project.errors import DiskError, PortfolioError
from dagster_project.faces.cli import streams
from dagster_project.faces.cli.room import insist_on_room
from dagster_project.settings.env_file import load_env_file

_READ, _STATUS, _TAKE, _SET_UP, _BRING, _EXPORT, _KEEP, _CLOSING, _MEND, _FETCH, _SERVING, _PAGING = (
    f"dagster_project.faces.cli.{name}"
    for name in (
        "read",
        "status",
        "take",
        "set_up",
        "bring",
        "exporting",
        "keep",
        "closing",
        "mend",
        "fetch",
        "serving",
        "paging",
    )
)

VERBS = {
    "init": (_SET_UP, "Write a settings file for real use."),
    "doctor": (
        _SET_UP,
        "Look at settings, keys, clock, disk, and ask every provider and node that a snapshot would ask.",
    ),
    "tokens": (_FETCH, "Fetch the token lists that the settings name by their address."),
    "plan": (_SET_UP, "Say what a snapshot or a backfill would ask, how long it takes, what the quota leaves."),
    "snapshot": (_TAKE, "Take the snapshot of the latest tick, or of an instant."),
    "backfill": (_TAKE, "Take every missing snapshot of a range."),
    "import": (_BRING, "Bring in what no provider can say: known flows from a file, or a whole exported history."),
    "export": (_EXPORT, "Export the whole history into files that anything reads."),
    "close": (_CLOSING, "Lock the reported numbers of a month, quarter, year or span."),
    "status": (_STATUS, "Say how the history stands."),
    "ask": (_READ, "Ask an answer by name, or any SQL that reads."),
    "page": (_PAGING, "Write the page of the history."),
    "serve": (_SERVING, "Serve the history over HTTP, in shapes that clients of the providers know."),
    "check": (_READ, "Check every claim about the history."),
    "alert": (_KEEP, "Say what is alarming, and tell the webhook and the file of the settings what is new."),
    "migrate": (_KEEP, "Bring the store of an earlier version to this one, on a copy."),
    "publish": (_KEEP, "Publish the store as it is."),
    "rebuild": (_MEND, "Make the store again from the raw answers alone."),
    "restore": (_MEND, "Make a lost or damaged store again from the published file."),
    "verify": (_MEND, "Hold store, raw answers and published file against each other."),
    "compact": (_MEND, "Write the store anew, sorted and smaller."),
    "prune": (_MEND, "Move old raw answers to the archive that the settings name."),
    "simulate": (_SET_UP, "Serve the simulator on this machine."),
}


class _Verbs(click.Group):
    """Knows every verb by name and imports it when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the verbs in the order of their use."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb's module and give its command."""
        del ctx
        if cmd_name not in VERBS:
            return None
        insist_on_room(cmd_name)
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(import_module(VERBS[cmd_name][0]), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb; one that was interrupted before or behind its run ends as its run does, and not as failed."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("stopped by SIGINT", err=True)
            sys.exit(128 + signal.SIGINT)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in VERBS.items()])


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="portfolio-snapshots", prog_name="portfolio")
@click.option("-v", "--verbose", is_flag=True, help="Say more on standard error.")
@click.option("--env-file", type=click.Path(path_type=Path), help="Variables as NAME=value; no file is read unasked.")
def portfolio(*, verbose: bool, env_file: Path | None) -> None:
    """Own the history of your on-chain portfolios.

    Settings: portfolio.toml here, or PORTFOLIO_CONFIG. Data: data/ beside it, or PORTFOLIO_DATA. Keys: the environment.
    Exit codes: 0 complete, 1 failed, 2 usage or settings, 3 partial, 130 and 143 stopped by Ctrl-C and SIGTERM.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s")
    if env_file is not None:
        load_env_file(env_file)


def main() -> None:
    """Run the command; an error that we raise on purpose is one message, not a stack."""
    out = streams.settle()
    code: object = 0
    try:
        portfolio()
    except PortfolioError as error:
        click.echo(f"portfolio: {error}", err=True)
        code = error.exit_code
    except OSError as error:
        if error.strerror is None or isinstance(error, BrokenPipeError):
            raise
        place = "what is written" if error.filename is None else error.filename
        refused = f"the disk refused ({error.strerror}); free space or mend the folder, then run again"
        click.echo(f"portfolio: {place}: {refused}", err=True)
        code = DiskError.exit_code
    except MemoryError:
        click.echo("portfolio: the memory is used up; what was stored stays; give it more, then run again", err=True)
        code = PortfolioError.exit_code
    except SystemExit as ended:
        code = ended.code
    if words := streams.lost(out):
        click.echo(f"portfolio: {words}", err=True)
        code = code or PortfolioError.exit_code
    sys.exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
