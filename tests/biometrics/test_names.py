"""The room's public names."""

from __future__ import annotations

import subprocess
import sys

from overt import biometrics


def test_every_public_name_is_there_once() -> None:
    assert len(set(biometrics.__all__)) == len(biometrics.__all__)
    for name in biometrics.__all__:
        assert getattr(biometrics, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(biometrics, "no_such_name")


def test_the_trackers_library_loads_only_where_somebody_is_followed() -> None:
    program = "import sys, overt.biometrics; sys.exit('trackers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
