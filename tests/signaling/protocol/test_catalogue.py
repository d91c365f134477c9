"""Every error that the program raises has a status and two sentences, and each fits its details."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from signaling.protocol.catalogue import CATALOGUE, error_body, sentence
from streamsvc.base.errors import UserError

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("streamsvc", "signaling", "relay", "recorder", "courseware")
CLASSES = {"UserError", "ProtocolError", "PeerGone", "Overload", "EnvironmentFault"}


def raised() -> Iterator[tuple[str, set[str] | None, str]]:
    """(id, names of its details or None when they are passed as a whole, place)."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and _name(node.func) in CLASSES and node.args:
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    names = {keyword.arg for keyword in node.keywords}
                    details = None if None in names else {name for name in names if name}
                    for error_id in _constants(node.args[0]):
                        yield error_id, details, place


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _constants(node: ast.expr) -> Iterator[str]:
    """`"id"`, and both ends of `"id" if full else "other-id"`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_the_scan_finds_something() -> None:
    assert {"lead-not-live", "grant-expired"} <= {error_id for error_id, _, _ in raised()}


def test_every_error_raised_is_described() -> None:
    missing = {
        f"{error_id} ({place})" for error_id, _, place in raised() if error_id not in CATALOGUE
    }
    assert not missing


def test_every_raise_gives_the_details_its_sentence_names() -> None:
    wrong = []
    for error_id, details, place in raised():
        entry = CATALOGUE.get(error_id)
        if entry is None or details is None:
            continue
        lacking = placeholders(entry.zh_cn + entry.en) - details
        if lacking:
            wrong.append(f"{place}: {error_id} lacks {sorted(lacking)}")
    assert not wrong


@pytest.mark.parametrize("error_id", sorted(CATALOGUE))
def test_an_entry_is_whole(error_id: str) -> None:
    entry = CATALOGUE[error_id]
    assert 400 <= entry.status <= 599
    assert placeholders(entry.zh_cn) == placeholders(entry.en) or error_id in ONE_SIDED
    assert entry.zh_cn.endswith(("。", "）", "{problem}"))
    assert entry.en.endswith((".", ")", "/.", "{problem}", "{advice}"))
    for forbidden in ("!", "！", "抱歉", "糟糕", "Oops", "Sorry", "您", "你"):
        assert forbidden not in entry.zh_cn + entry.en


ONE_SIDED = {"database-unusable"}
"""Its advice is the driver's next step, for an operator, in English only."""


@pytest.mark.parametrize("error_id", sorted(CATALOGUE))
def test_english_has_straight_quotes(error_id: str) -> None:
    """Chinese fonts draw the curly ones as wide as a character."""
    assert not set(CATALOGUE[error_id].en) & set("“”‘’")


def test_english_on_the_pages_has_straight_quotes() -> None:
    words = [*ROOT.glob("web/src/**/words.ts"), *ROOT.glob("web/src/*/messages.ts")]
    assert words
    lines = [line for path in words for line in path.read_text("utf-8").splitlines()]
    english = [line for line in lines if not any("一" <= letter <= "鿿" for letter in line)]
    assert [line for line in english if set(line) & set("“”‘’")] == []


def test_a_missing_detail_never_raises() -> None:
    assert "…" in sentence("too-many-tries", {}).en
    body = error_body(UserError("too-many-tries", retry_after_seconds=7))
    assert "7" in body.message.en and "7" in body.message.zh_cn
    assert body.details == {"retry_after_seconds": 7}


def test_an_unknown_id_keeps_its_id() -> None:
    assert error_body(UserError("never-described")).id == "never-described"
