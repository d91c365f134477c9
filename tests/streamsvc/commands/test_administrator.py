from pathlib import Path

from typer.testing import CliRunner

from streamsvc.cli import cli


def test_a_short_password_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    words = ["administrator", "--login", "li", "--name", "Li", "--organisation", "county"]
    words += ["--data", str(tmp_path / "data")]
    refused = CliRunner().invoke(cli, [*words, "--password", "1234567"])
    assert refused.exit_code == 2
    assert not (tmp_path / "data").exists()
    made = CliRunner().invoke(cli, [*words, "--password", "12345678"])
    assert made.exit_code == 0, made.output
    assert made.output.startswith("added li")
