"""What may be said of a difference."""

import numpy as np
import pytest

from dropout_gluon.exercises.effects import Estimate, estimate, p_cell, told


def test_a_difference_that_shows_is_told_with_its_sign():
    up = Estimate(0.0051, 0.0041, 0.0061, 20, 0.002, 1e-5)
    said = "by 0.0051 than without (95% interval +0.0041 to +0.0061; p < 0.0001, 20 seeds)"
    assert told(up, "without") == f"is higher {said}"
    down = Estimate(-0.0051, -0.0061, -0.0041, 20, 0.002, 0.012)
    assert told(down, "without").startswith("is lower by 0.0051 than without (95% interval -0.0061 to")
    assert "p = 0.012" in told(down, "without")


def test_one_that_does_not_show_is_bounded():
    said = told(Estimate(-0.001, -0.0032, 0.0012, 20, 0.002, 0.3), "without")
    assert said.startswith("cannot be told from that without (95% interval -0.0032 to +0.0012; p = 0.3, 20")
    assert said.endswith("it is hardly more than 0.0032")
    among_others = told(Estimate(-0.002, -0.0032, -0.0008, 20, 0.002, 0.07), "without")
    assert among_others.startswith("cannot be told from that without, all comparisons counted (95%")


@pytest.mark.parametrize("values", [[], [0.5]])
def test_too_few_seeds_are_no_comparison(values):
    assert "cannot be compared" in told(estimate(values), "without")
    assert "±" not in estimate(values).text()


def test_p_in_a_cell():
    assert [p_cell(p) for p in (1e-9, 0.012, 1.0)] == ["< 0.0001", "0.012", "1"]


def test_an_estimate_is_students():
    one = estimate([1.0, 2.0, 4.0])
    assert (one.mean, one.n) == (pytest.approx(7 / 3), 3)
    assert one.high - one.mean == pytest.approx(4.3027 * np.std([1, 2, 4], ddof=1) / 3**0.5, rel=1e-4)
