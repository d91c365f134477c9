"""What the options of `streamsvc swarm` refuse before anything is done."""

import sys

import pytest
from typer.testing import CliRunner

from streamsvc.cli import cli
from streamsvc.run import EXIT_ENVIRONMENT

WATCH = ("--whep", "http://127.0.0.1:9/whep")


@pytest.mark.parametrize(
    ("flags", "advice"),
    [
        ((), "--whep"),
        ((*WATCH, "--server", "http://127.0.0.1:9"), "--whep"),
        (("--server", "http://127.0.0.1:9"), "--viewer-login"),
        ((*WATCH, "--receivers", "0"), "--receivers"),
        ((*WATCH, "--joins", "never"), "--joins"),
    ],
)
def test_options_that_do_not_fit_are_refused(flags: tuple[str, ...], advice: str) -> None:
    refused = CliRunner().invoke(cli, ["swarm", *flags], env={"COLUMNS": "200"})
    assert refused.exit_code == 2
    assert advice in refused.output


def test_a_missing_plot_library_is_told_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    refused = CliRunner().invoke(cli, ["swarm", *WATCH, "--plot", "plot.png"])
    assert refused.exit_code == EXIT_ENVIRONMENT
    assert "streamsvc[swarm]" in refused.output
    assert "plot-library-missing" in refused.output


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    refused = CliRunner().invoke(
        cli,
        ["swarm", "--server", "http://127.0.0.1:9", "--viewer-login", "li"],
        env={"STREAMSVC_VIEWER_PASSWORD": "12345678"},
    )
    assert refused.exit_code == EXIT_ENVIRONMENT
    assert "server-unreachable" in refused.output
