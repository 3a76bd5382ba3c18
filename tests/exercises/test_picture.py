"""The chapter's picture shows the mask that it is given."""

import numpy as np
import pytest

from dropout_gluon._mxnet import nd
from dropout_gluon.errors import ConfigError
from dropout_gluon.exercises.picture import plot_network


@pytest.mark.parametrize("make", [list, np.array, nd.array])
@pytest.mark.parametrize("hidden", [[0, 2, 2, 0, 2], [2, 2, 2, 2, 2], [0, 0, 0, 0, 0]])
def test_units_that_are_0_are_crossed_out_and_have_no_lines(make, hidden):
    figure = plot_network(make(hidden))
    kept = sum(value != 0 for value in hidden)
    for axes, alive in zip(figure.axes, (5, kept)):
        lines = [line for line in axes.lines if len(line.get_xdata()) == 2]
        crosses = [line for line in axes.lines if line.get_marker() == "x"]
        assert len(lines) == alive * (4 + 2)
        assert len(crosses) == 5 - alive
        assert len([line for line in axes.lines if line.get_marker() == "o"]) == 4 + 5 + 2
    assert f"{5 - kept} of them dropped" in figure.alt


@pytest.mark.parametrize("hidden", [3, [1, 2], [1, 2, 3, 4, "five"], None, [1, 2, 3, 4, [5, 6]]])
def test_what_is_no_five_numbers_is_refused_in_one_line(hidden):
    with pytest.raises(ConfigError, match="hidden activations must be") as caught:
        plot_network(hidden)
    assert "\n" not in str(caught.value)
