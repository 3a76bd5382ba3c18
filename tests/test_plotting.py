"""Figures hold the numbers they claim to show, and can be told apart in grey."""

import io

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from dropout_gluon import plotting
from dropout_gluon.config import RunConfig
from dropout_gluon.logs import EpochRecord, RunLog, documented_log


def log(implementation, epochs=10):
    rows = [EpochRecord(e, 1 / e, 1 - 0.5 / e, 1 - 0.4 / e) for e in range(1, epochs + 1)]
    return RunLog(RunConfig(implementation=implementation), tuple(rows))


def drawn(axes):
    return {line.get_label(): (line.get_xdata(), line.get_ydata()) for line in axes.lines}


def test_learning_curves_hold_both_runs_and_both_printed_logs():
    logs = [log("scratch"), log("gluon")]
    figure = plotting.plot_learning_curves(logs)
    assert len(figure.axes) == 3
    for axes, column in zip(figure.axes, ("loss", "train_acc", "test_acc")):
        curves = drawn(axes)
        assert len(curves) == 4
        for run in logs:
            name = run.config.implementation
            for label, records in (("this run", run.epochs), ("printed in the book", documented_log(name))):
                x, y = curves[f"{name}, {label}"]
                assert list(x) == [record.epoch for record in records]
                assert list(y) == [getattr(record, column) for record in records]


@pytest.mark.parametrize(("epochs", "printed"), [(1, 1), (3, 3), (30, 10)])
def test_printed_values_go_as_far_as_the_run_and_the_book(epochs, printed):
    curves = drawn(plotting.plot_learning_curves([log("gluon", epochs)]).axes[0])
    assert len(curves["gluon, this run"][0]) == epochs
    assert len(curves["gluon, printed in the book"][0]) == printed


def test_implementations_differ_without_colour():
    scratch, gluon = plotting.STYLES["scratch"], plotting.STYLES["gluon"]
    assert scratch["marker"] != gluon["marker"]
    assert scratch["linestyle"] != gluon["linestyle"]
    luminance = [np.dot(to_rgb(style["color"]), (0.2126, 0.7152, 0.0722)) for style in (scratch, gluon)]
    assert abs(luminance[0] - luminance[1]) > 0.2


def test_png_is_a_picture_and_the_same_one_each_time():
    content = [plotting.png(plotting.plot_learning_curves([log("gluon")])) for _ in range(2)]
    assert content[0] == content[1]
    pixels = matplotlib.image.imread(io.BytesIO(content[0]), format="png")
    assert pixels.shape[0] > 400
    assert pixels.shape[1] > 1000
    assert pixels[..., :3].std() > 0.05
