"""The figure of a verdict holds the numbers it claims to show."""

import re
from dataclasses import replace

import pytest
from verdicts import COLUMNS, group, record, verdict

from dropout_gluon import plotting
from dropout_gluon.logs import EpochRecord
from dropout_gluon.verdict.figure import plot_verdict


def panels(figure, number=0):
    """The upper panels of a group, and the lower ones."""
    axes = figure.subfigs[number].axes
    assert len(axes) == 6
    return axes[:3], axes[3:]


def plotted(axes):
    return {line.get_label(): list(zip(line.get_xdata(), line.get_ydata())) for line in axes.lines}


def filled(axes):
    """What is filled: its label -> its corners."""
    return {area.get_label(): area.get_paths()[0].vertices for area in axes.collections}


def corners(area):
    """Of a filled band, at each x its low and its high end."""
    return {
        x: (min(y[area[:, 0] == x]), max(y[area[:, 0] == x])) for y in [area[:, 1]] for x in set(area[:, 0])
    }


@pytest.mark.parametrize("epochs", [2, 5, 10])
@pytest.mark.parametrize("off", [0.5, -2.0])
def test_figure_holds_bands_and_values(epochs, off):
    one = verdict(groups=[group(epochs=epochs, offs=[off])])
    figure = plot_verdict(one)
    assert figure.get_suptitle() == one.headline
    for upper, lower, column in zip(*panels(figure), COLUMNS):
        bands = [band for band in one.groups[0].bands if band.column == column]
        values = [(band.epoch, band.value) for band in bands]
        drawn = corners(filled(upper)["95% of the reference runs"])
        assert drawn == {band.epoch: (band.low, band.high) for band in bands}
        assert plotted(upper)["their median"] == [(band.epoch, band.median) for band in bands]
        assert plotted(upper)["log 1"] == values
        assert plotted(upper).get("outside the band", []) == (values if off < -1 else [])
        assert upper.get_yscale() == ("log" if column == "loss" else "linear")
        assert plotted(lower)["their median"] == [(band.epoch, 0) for band in bands]
        for low, high in corners(filled(lower)["95% of the reference runs"]).values():
            assert (low, high) == pytest.approx((-1, 1))
        for label in ["log 1", *(["outside the band"] if off < -1 else [])]:
            assert [y for _, y in plotted(lower)[label]] == pytest.approx([off] * epochs, abs=0.01)
        low, high = lower.get_ylim()
        assert low < min(off, -1)
        assert high > 1


def test_rings_are_on_the_values_outside_and_on_no_other():
    one = group(epochs=4, offs=[0.0])
    logs = ((*one.logs[0][:2], record(3, 1.5), one.logs[0][3]),)
    for axes in (axes for part in panels(plot_verdict(verdict(groups=[replace(one, logs=logs)])))
                 for axes in part):  # fmt: skip
        assert [x for x, _ in plotted(axes)["outside the band"]] == [3]


def test_band_of_one_epoch_can_be_seen():
    one = verdict(groups=[group(epochs=1)])
    figure = plot_verdict(one)
    for upper, band in zip(panels(figure)[0], one.groups[0].bands):
        drawn = corners(filled(upper)["95% of the reference runs"])
        assert sorted(drawn) == [0.85, 1.15]
        assert set(drawn.values()) == {(band.low, band.high)}
        assert len(plotted(upper)["their median"]) == 2
        assert plotted(upper)["log 1"] == [(1, band.value)]
        assert upper.get_yscale() == "linear"  # so short an axis has no ticks of a logarithmic one


def test_figure_of_few_logs_names_each_and_holds_their_mean():
    name = r"_a$\b$"  # which is no formula that could be drawn
    one = group((name, "c"), 3, [0.5, -2.0])
    figure = plot_verdict(verdict(groups=[one]))
    plotting.png(figure)
    for upper, _, column in zip(*panels(figure), COLUMNS):
        for number, log in enumerate(one.logs, 1):
            assert plotted(upper)[f"log {number}"] == [(r.epoch, getattr(r, column)) for r in log]
        mean = [(band.epoch, band.value) for band in one.bands if band.column == column]
        assert plotted(upper)["mean of the logs"] == mean
        assert plotted(upper)["outside the band"] == plotted(upper)["log 2"]
        first, second = (line for line in upper.lines if line.get_label() in ("log 1", "log 2"))
        assert first.get_color() != second.get_color()
        assert first.get_marker() != second.get_marker()
    (legend,) = figure.subfigs[0].legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names[2:4] == [name, "c"]


def test_figure_of_many_logs_has_a_narrower_band_for_their_mean():
    one = group([f"run {n}" for n in range(8)], 3, [0.0] * 7 + [4.0])
    figure = plot_verdict(verdict(groups=[one]))
    for upper, lower in zip(*panels(figure)):
        assert len(upper.lines) == 1 + 8 + 1  # the median, the logs, their mean; it lies inside
        inner = corners(filled(lower)["about where the mean of 8 good logs lies"])
        expected = (1 / 8 + 1 / 10) ** 0.5
        for ends in inner.values():
            assert ends == pytest.approx((-expected, expected))
        assert [y for _, y in plotted(lower)["mean of the logs"]] == pytest.approx([0.5] * 3, abs=0.01)
    (legend,) = figure.subfigs[0].legends
    assert "the logs" in [text.get_text() for text in legend.get_texts()]


def test_panels_say_what_differs():
    one = verdict("differs")
    upper, _ = panels(plot_verdict(one))
    titles = [axes.get_title(loc="left") for axes in upper]
    assert titles == [
        "Training loss (nats)\ntraining curve matches, p = 0.61",
        "Training accuracy\ntraining curve matches, p = 0.61",
        "Test accuracy\ntest curve DIFFERS, p = 0.0025",
    ]


def test_of_many_groups_those_that_differ_most_are_drawn():
    groups = [group([f"log {n}"], p=p) for n, p in enumerate([0.5, 0.04, 0.6, 0.01, 0.03, 0.02, 0.3])]
    figure = plot_verdict(verdict(groups=groups))
    assert [part.get_suptitle().splitlines()[0] for part in figure.subfigs] == [
        "log 1", "log 3", "log 4", "log 5",
    ]  # fmt: skip
    assert "3 more are not" in figure.get_suptitle()
    assert "not" not in plot_verdict(verdict(groups=groups[:4])).get_suptitle()


def test_a_loss_that_ran_away_is_drawn():
    logs = (tuple(EpochRecord(e, 10.0 ** (30 * e), 0.1, 0.1) for e in (1, 2, 3)),)
    figure = plot_verdict(verdict(groups=[replace(group(epochs=3), logs=logs)]))
    upper, lower = panels(figure)
    plotting.png(figure)
    shown = [y for y in upper[0].get_yticks() if upper[0].get_ylim()[0] <= y <= upper[0].get_ylim()[1]]
    assert len(shown) > 2
    assert [y for _, y in plotted(lower[0])["log 1"]] == [1000] * 3
    assert "1000x+" in [label.get_text() for label in lower[0].get_yticklabels()]


@pytest.mark.parametrize(("form", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_picture_has_its_form_and_the_same_bytes_each_time(form, start):
    content = [plotting.picture(plot_verdict(verdict("differs")), form) for _ in range(2)]
    assert content[0] == content[1]
    assert content[0].startswith(start)
    assert re.search(rb"\d{4}-\d\d-\d\dT|/CreationDate", content[0]) is None
