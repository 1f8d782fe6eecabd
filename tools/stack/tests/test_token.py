from __future__ import annotations

from pathlib import Path

import jwt
import pytest

from stack import token

KEY = "k" * 48


@pytest.fixture(autouse=True)
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which no stack runs."""
    for name in ("JWT_KEY", "JWT_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(token, "RUN", tmp_path)
    return tmp_path


def claims(printed: str) -> dict[str, object]:
    found: dict[str, object] = jwt.decode(printed.strip(), KEY, algorithms=["HS256"], audience="throughline")
    return found


def test_the_key_of_the_environment_signs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JWT_KEY", KEY)

    token.main(["acme"])

    found = claims(capsys.readouterr().out)
    assert (found["tenant"], found["scope"]) == ("acme", "")


def test_the_key_of_the_demo_signs(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run_folder / "jwt.key").write_text(KEY)

    token.main(["acme", "trace"])

    assert claims(capsys.readouterr().out)["scope"] == "trace"


def test_without_a_stack_it_says_what_is_missing() -> None:
    with pytest.raises(SystemExit, match="no stack runs here"):
        token.main(["acme"])


@pytest.mark.parametrize("arguments", [[], ["acme", "trace", "more"]])
def test_it_says_how_to_ask(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"expected TENANT \[SCOPE\], as in: make token TENANT=acme"):
        token.main(arguments)
