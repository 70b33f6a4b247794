"""Promises of deploy/: nothing is root's or holds a key, all stop by the signal that Dagster obeys, systemd agrees."""

import json
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import click
import pytest

from dagster_project.faces.cli.main import portfolio as command_line
from dagster_project.sources.registry import PROVIDERS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
HARDENED = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
    "CapabilityBoundingSet": "", "UMask": "0077", "User": "portfolio", "Group": "portfolio",
    "EnvironmentFile": "/etc/portfolio/environment",
}  # fmt: skip


class Unit(ConfigParser):
    """A unit of systemd: sections of keys in their own case."""

    def optionxform(self, optionstr: str) -> str:
        """Leave capitals as they are."""
        return optionstr


def read(path: Path) -> Unit:
    """Read a unit."""
    parser = Unit(interpolation=None, comment_prefixes=("#",), strict=False)
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def test_there_is_a_unit_for_each_way_to_run() -> None:
    """Code server, daemon, webserver, the API, and snapshot and alert with timers for those who run no daemon."""
    names = {path.name.removeprefix("portfolio-") for path in (*SERVICES, *TIMERS)}
    services = {f"{name}.service" for name in ("code", "daemon", "webserver", "serve", "snapshot", "alert")}
    assert names == services | {"snapshot.timer", "alert.timer"}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_every_service_is_hardened(path: Path) -> None:
    """No service is root's, writes outside of its own folder, shows its files to others, or holds a key."""
    service = read(path)["Service"]
    assert {key: service.get(key) for key in HARDENED} == HARDENED
    writes = "ReadOnlyPaths" if path.stem == "portfolio-serve" else "ReadWritePaths"
    assert {key: service[key] for key in service if key.endswith("Paths")} == {writes: "/var/lib/portfolio"}
    is_one_shot = service["Type"] == "oneshot"
    assert is_one_shot or (service["KillSignal"], service["Restart"]) == ("SIGINT", "on-failure")
    assert service["ExecStart"].startswith("/opt/portfolio/.venv/bin/")
    assert service.get("SuccessExitStatus") == ("3 130 143" if is_one_shot else None)
    assert [name for name in PROVIDERS if name in path.read_text()] == []
    assert re.search("KEY|TOKEN|SECRET", path.read_text()) is None


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_every_command_of_ours_is_one(path: Path) -> None:
    """What a unit starts with `portfolio` is a verb with options that there are."""
    program, *arguments = read(path)["Service"]["ExecStart"].split()
    if program.endswith("/portfolio"):
        with command_line.make_context("portfolio", list(arguments)) as context:
            verb = command_line.get_command(context, arguments[0])
            assert verb is not None
            assert isinstance(verb.make_context(arguments[0], arguments[1:]), click.Context)
    else:
        assert arguments[0] == "-m"
        assert arguments[1] in ("dagster", "dagster._daemon", "dagster_webserver")


def test_nobody_starts_before_the_code_server_answers() -> None:
    """Daemon and webserver stand behind the code server, which counts as started once it answers a health check."""
    code = read(DEPLOY / "systemd" / "portfolio-code.service")["Service"]
    port = code["ExecStart"].split()[code["ExecStart"].split().index("-p") + 1]
    check = f"/opt/portfolio/.venv/bin/python -m dagster api grpc-health-check -p {port}"
    assert code["ExecStartPost"] == f"/bin/sh -c 'until {check}; do sleep 1; done'"
    assert port in (DEPLOY / "workspace.yaml").read_text(encoding="utf-8")
    for name in ("daemon", "webserver"):
        unit = read(DEPLOY / "systemd" / f"portfolio-{name}.service")["Unit"]
        assert (unit["Requires"], "portfolio-code.service" in unit["After"]) == ("portfolio-code.service", True)


def test_timers_start_what_there_is() -> None:
    """Each timer belongs to a service; the snapshot that a sleeping machine missed is taken when it wakes."""
    assert {path.with_suffix(".service") for path in TIMERS} <= set(SERVICES)
    snapshot = read(DEPLOY / "systemd" / "portfolio-snapshot.timer")["Timer"]
    assert (snapshot["Persistent"], snapshot["OnCalendar"].split()[-1]) == ("yes", "UTC")


def test_the_environment_file_names_every_key_and_holds_none() -> None:
    """The template names each provider's variable, all commented out."""
    lines = (DEPLOY / "environment").read_text(encoding="utf-8").splitlines()
    variables = {name for provider in PROVIDERS.values() if (name := provider.source.api_key_env)}
    assert {line for line in lines if re.search("_KEY", line)} == {f"# {name}=" for name in variables}


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say of any unit, with the programs where this environment has them."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("this machine has no systemd-analyze; the units are read by the tests above")
    programs = Path(sys.executable).parent
    for path in (*SERVICES, *TIMERS):
        text = path.read_text(encoding="utf-8").replace("/opt/portfolio/.venv/bin", str(programs))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    units = [str(tmp_path / path.name) for path in (*SERVICES, *TIMERS)]
    done = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "portfolio" in line]
    assert (done.returncode, said) == (0, [])
    (tmp_path / "portfolio-code.service").write_text("[Service]\nKillSignal=SIGNOTHING\nExecStart=relative\n")
    control = subprocess.run([analyze, "verify", "--man=no", units[1]], capture_output=True, text=True, check=False)
    assert "portfolio-code.service" in control.stdout + control.stderr


def test_the_image_is_nobody_and_stops_cleanly() -> None:
    """The image installs by hashes, runs as a user of its own with umask 077, and is stopped by SIGINT."""
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    orders = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    said = [(verb, rest.strip()) for verb, _, rest in orders]
    last = max(number for number, (verb, _) in enumerate(said) if verb == "FROM")
    assert [verb for verb, _ in said].count("FROM") == 2
    assert any("--require-hashes -r requirements.lock" in rest for verb, rest in said[:last] if verb == "RUN")
    final = dict(said[last:])
    assert final["USER"] == "10001:10001"
    assert final["STOPSIGNAL"] == "SIGINT"
    assert json.loads(final["ENTRYPOINT"])[2] == 'umask 077 && exec "$@"'
    assert "HEALTHCHECK" in final
    assert json.loads(final["CMD"])
    copied = [part for verb, rest in said[:last] if verb == "COPY" for part in rest.split()[:-1]]
    assert [part for part in copied if not (ROOT / part).exists()] == []
    kept = {line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == kept
