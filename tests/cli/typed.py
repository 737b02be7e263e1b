"""Commands as people type them, each by somebody who acts with a token of their own."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from overt.casework import Actor, Office, people
from overt.cli import main


class Typed:
    """Runs the commands of one group on an office's folder, and gives what they printed."""

    def __init__(
        self,
        group: str,
        office: Office,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        scopes: tuple[str, ...] = (),
    ) -> None:
        self.group = group
        self._scopes = scopes or (group,)
        self.folder = office.folder
        self._office = office
        self._tokens: dict[str, str] = {}
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, who: Actor, *words: str) -> tuple[int, str, str]:
        """Type it: the exit status, what was printed, and what was printed as an error."""
        self._monkeypatch.setenv("OVERT_TOKEN", self._token(who))
        self._monkeypatch.setattr(sys, "argv", ["overt", self.group, *words, "--data", str(self.folder)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), printed.out, printed.err

    def json(self, who: Actor, *words: str) -> Any:
        """Type it with --json, and read that."""
        status, out, err = self(who, *words, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)

    def _token(self, who: Actor) -> str:
        """An API token: a password takes its time at each command."""
        if who.id not in self._tokens:
            new = people.NewToken(name=f"{self.group} tests", scopes=self._scopes, days=1)
            self._tokens[who.id] = people.add_token(self._office, who, new).secret
        return self._tokens[who.id]
