"""What commands say of themselves."""

from pathlib import Path

import pytest

from deploy.home import called


def test_a_command_is_named_as_one_can_type_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """After `make up` nobody has activated the virtual environment."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert called() == ".venv/bin/foyer"
    monkeypatch.setattr("sys.argv", ["/opt/foyer/.venv/bin/foyer", "up"])
    assert called() == "/opt/foyer/.venv/bin/foyer", "there may be none in this folder"
    (tmp_path / "foyer").touch(0o755)
    assert called() == "foyer"
