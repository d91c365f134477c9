from pathlib import Path

import pytest

from streamsvc.base.errors import EnvironmentFault
from streamsvc.data_folder import DataFolder


def test_one_service_at_a_time(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "d"), DataFolder(tmp_path / "d")
    first.open()
    with pytest.raises(EnvironmentFault, match="data-in-use"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_the_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.open()
    secret = folder.secret()
    assert DataFolder(tmp_path).secret() == secret
    assert len(secret) == 32
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
    folder.close()


@pytest.mark.parametrize("torn", [b"", b"short"])
def test_a_secret_that_was_cut_short_signs_nothing(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(torn)
    secret = DataFolder(tmp_path).secret()
    assert len(secret) == 32
    assert DataFolder(tmp_path).secret() == secret
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("")
    with pytest.raises(EnvironmentFault, match="disk-unwritable"):
        DataFolder(tmp_path / "d").open()
