"""A force, as the tests of deployments have it."""

from tests.casework.deployments.conftest import force

__all__ = ["force"]
