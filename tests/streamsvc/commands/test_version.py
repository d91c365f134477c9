"""`streamsvc --version`."""

from importlib.metadata import version

from typer.testing import CliRunner

from streamsvc.cli import cli


def test_the_version_is_the_packages() -> None:
    said = CliRunner().invoke(cli, ["--version"])
    assert (said.exit_code, said.output) == (0, f"streamsvc {version('streamsvc')}\n")


def test_help_tells_what_the_program_is() -> None:
    said = CliRunner().invoke(cli, ["--help"])
    assert said.exit_code == 0
    assert "dual-teacher classroom" in said.output
