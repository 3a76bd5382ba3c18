"""A pytest plugin: the fixture `book_verdict`, which holds training logs against the book's experiment.

It stands beside the package, as every pytest imports it where the package is installed. So that costs
nothing: the package, which puts a finder for MXNet into the process, is imported where the fixture is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import pytest

if TYPE_CHECKING:
    from dropout_gluon import Verdict


@pytest.fixture
def book_verdict(request: pytest.FixtureRequest) -> Callable[..., Verdict]:
    """A function that fails the test, with the verdict as text, unless logs match the book's experiment.

    It takes what `dropout_gluon.compare` takes, and gives its Verdict: ``book_verdict("train.log",
    level=0.05)``. An undecided verdict fails, too: nothing was shown. Outcome and p become properties of the
    test in pytest's JUnit report.
    """

    def judge(logs: Any, **options: Any) -> Verdict:
        from dropout_gluon import DropoutGluonError, compare

        try:
            verdict = compare(logs, **options)
        except DropoutGluonError as error:
            pytest.fail(str(error), pytrace=False)
        # What record_property does, of which pytest warns in reports of its newer family.
        request.node.user_properties += [("verdict", verdict.outcome), ("p", verdict.p)]
        if verdict.outcome != "matches":
            pytest.fail(str(verdict), pytrace=False)
        return verdict

    return judge
