"""Addresses that are taken back before their time."""

from pathlib import Path

from recorder.broadcast.io.withdrawn import good_from, is_withdrawn, withdraw


def test_the_next_moment_stands_for_one_that_was_taken_back(tmp_path: Path) -> None:
    assert good_from(tmp_path, 1_000) == 1_000
    withdraw(tmp_path, 1_000)
    assert is_withdrawn(tmp_path, 1_000)
    assert good_from(tmp_path, 1_000) == 1_001
    withdraw(tmp_path, 1_000)
    assert good_from(tmp_path, 1_000) == 1_002
    assert not is_withdrawn(tmp_path, 999)
    assert (tmp_path / "withdrawn" / "1001").is_file()  # where nginx looks
