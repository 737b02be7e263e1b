"""The exact paired test, against SciPy's."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from overt.evaluation.metrics import exact_mcnemar, mcnemar


def test_the_examples_in_the_docstring_hold() -> None:
    outcome = doctest.testmod(mcnemar)
    assert (outcome.attempted, outcome.failed) == (2, 0)


@given(before=st.integers(0, 60), after=st.integers(0, 60))
def test_it_is_a_binomial_test_of_the_trials_that_differ(before: int, after: int) -> None:
    theirs = 1.0
    if before + after:
        theirs = binomtest(after, before + after, 0.5, alternative="greater").pvalue
    assert exact_mcnemar(before, after) == pytest.approx(theirs)
