"""The figure of a verdict holds the numbers it claims to show."""

import re
import warnings

import pytest
from verdicts import COLUMNS, joint, of, row, verdict

from dropout_gluon import plotting
from dropout_gluon.logs import EpochRecord
from dropout_gluon.verdict.figure import plot_verdict


def panels(figure, number=0):
    """The upper panels of a log, and the lower ones."""
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


def titles(figure):
    """Of each log."""
    return [part.get_suptitle() for part in figure.subfigs]


def legend(figure):
    """The names in the one legend."""
    (found,) = [legend for part in figure.subfigs for legend in part.legends]
    return [text.get_text() for text in found.get_texts()]


@pytest.mark.parametrize("epochs", [2, 5, 10])
@pytest.mark.parametrize("off", [0.5, -2.0])
def test_figure_holds_bands_and_values(epochs, off):
    one = verdict(rows=[row(epochs=epochs, off=off)])
    figure = plot_verdict(one)
    assert figure.get_suptitle() == one.headline
    for upper, lower, column in zip(*panels(figure), COLUMNS):
        bands = [band for band in one.rows[0].bands if band.column == column]
        values = [(band.epoch, band.value) for band in bands]
        drawn = corners(filled(upper)["95% of the recorded runs"])
        assert drawn == {band.epoch: (band.low, band.high) for band in bands}
        assert plotted(upper)["their median"] == [(band.epoch, band.median) for band in bands]
        assert plotted(upper)["the log"] == values
        assert plotted(upper)["outside the band"] == (values if off < -1 else [])
        assert upper.get_yscale() == ("log" if column == "loss" else "linear")
        assert plotted(lower)["their median"] == [(band.epoch, 0) for band in bands]
        for low, high in corners(filled(lower)["95% of the recorded runs"]).values():
            assert (low, high) == pytest.approx((-1, 1))
        assert [y for _, y in plotted(lower)["the log"]] == pytest.approx([off] * epochs, abs=0.01)
        assert plotted(lower)["outside the band"] == (plotted(lower)["the log"] if off < -1 else [])
        low, high = lower.get_ylim()
        assert low < min(off, -1)
        assert high > 1


def test_rings_are_on_the_values_outside_and_on_no_other():
    for axes in plot_verdict(verdict(rows=[row(offs=[0.0, 0.9, 1.5, 0.0])])).subfigs[0].axes:
        assert [x for x, _ in plotted(axes)["outside the band"]] == [3]


def test_the_legend_explains_what_is_drawn_and_nothing_else():
    inside, outside = row(off=0.5), row(off=2.0, p=0.02)
    all_runs = ["95% of the recorded runs", "their median", "the log"]
    assert legend(plot_verdict(verdict(rows=[inside]))) == all_runs
    assert legend(plot_verdict(verdict(rows=[inside, outside]))) == [*all_runs, "outside the band"]


@pytest.mark.parametrize("epoch", [1, 5])
def test_band_of_one_epoch_can_be_seen(epoch):
    record = EpochRecord(epoch, 0.5, 0.8, 0.8)
    one = verdict(rows=[of([record])])
    for upper, band in zip(panels(plot_verdict(one))[0], one.rows[0].bands):
        drawn = corners(filled(upper)["95% of the recorded runs"])
        assert sorted(drawn) == [epoch - 0.15, epoch + 0.15]
        assert set(drawn.values()) == {(band.low, band.high)}
        assert len(plotted(upper)["their median"]) == 2
        assert plotted(upper)["the log"] == [(epoch, band.value)]
        assert upper.get_yscale() == "linear"  # so short an axis has no ticks of a logarithmic one
        assert upper.get_xlim() == pytest.approx((epoch - 0.4, epoch + 0.4))


def test_a_title_names_the_log_and_says_what_is_said_of_it():
    one = verdict(
        "differs", [row("a.txt:3", outcome="differs", heading="Dropout", remarks=("so",)), row("b:1")]
    )
    differing, other = sorted(titles(plot_verdict(one)))
    assert differing == (
        "1  a.txt:3 (Dropout): DIFFERS\n"
        "test accuracy is lower than in any of the 600 recorded runs at every epoch; so"
    )
    assert other == "2  b:1: matches"
    assert titles(plot_verdict(verdict())) == ["log.txt:1: matches"]


def test_a_name_is_drawn_as_it_is_and_what_has_no_picture_is_left_out():
    one = row(r"_a$\b$", heading="从零开始 dropout", remarks=("x" * 1000,))  # which is no formula
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a missing glyph, of a layout that has no room
        figure = plot_verdict(verdict(rows=[one]))
        plotting.png(figure)
    first, *said = titles(figure)[0].splitlines()
    assert first == r"_a$\b$ (… dropout): matches"
    assert max(map(len, said)) <= 135
    assert 1 < len(said) < 4


def test_panels_say_how_unusual_a_curve_is_and_colour_what_differs():
    def shown(outcome, of_all):
        upper, _ = panels(plot_verdict(verdict(of_all, [row(outcome=outcome, p=0.0025)])))
        return [(axes.get_title(loc="left"), axes._left_title.get_color()) for axes in upper]

    training, _, test = shown("differs", "differs")
    assert training == ("Training loss (nats)\ntraining curve p = 0.61", "black")
    assert test == ("Test accuracy\ntest curve p = 0.0025", "#B84A00")
    assert [colour for _, colour in shown("cut short", "undecided")] == ["black"] * 3


def test_of_many_logs_those_that_are_most_unusual_are_drawn_first():
    rows = [row(f"log {n}", p=p) for n, p in enumerate([0.5, 0.04, 0.6, 0.01, 0.03, 0.02, 0.3], 1)]
    figure = plot_verdict(verdict(rows=rows))
    assert [title.split(":")[0] for title in titles(figure)] == [
        "4  log 4",
        "6  log 6",
        "5  log 5",
        "2  log 2",
    ]
    assert figure.get_suptitle().endswith("\nthe 4 most unusual logs are drawn, 3 more are not")
    assert plot_verdict(verdict(rows=rows[:5])).get_suptitle().endswith("drawn, 1 more is not")
    assert "drawn" not in plot_verdict(verdict(rows=rows[:4])).get_suptitle()


def test_no_title_lies_on_another():
    """Where constrained layout finds no room it gives up, with a warning at most."""
    rows = [row(f"log {n}", 10, off, remarks=("word " * 40,)) for n, off in enumerate([0.5, 3.0, -900.0, 0])]
    figure = plot_verdict(verdict("undecided", rows, reached=False))
    figure.canvas.draw()
    above = figure._suptitle.get_window_extent()
    assert above.x1 <= figure.bbox.x1
    for part in figure.subfigs:
        title = part._suptitle.get_window_extent()
        assert title.y1 <= above.y0 + 1
        assert title.x1 <= figure.bbox.x1
        assert max(axes.get_tightbbox().y1 for axes in part.axes) <= title.y0 + 1
        above = part.axes[-1].get_tightbbox()


def test_a_loss_that_ran_away_is_drawn():
    records = [EpochRecord(e, 10.0 ** (30 * e), 0.1, 0.1) for e in (1, 2, 3)]
    figure = plot_verdict(verdict(rows=[of(records)]))
    upper, lower = panels(figure)
    plotting.png(figure)
    shown = [y for y in upper[0].get_yticks() if upper[0].get_ylim()[0] <= y <= upper[0].get_ylim()[1]]
    assert len(shown) > 2
    assert [y for _, y in plotted(lower[0])["the log"]] == [1000] * 3
    assert "1000\N{MULTIPLICATION SIGN}+" in [label.get_text() for label in lower[0].get_yticklabels()]


def test_the_loss_has_ticks_that_differ_whatever_its_scale():
    for factor in (1, 1 / 256, 1 / 60_000, 256):
        records = [EpochRecord(e, 1.2 / e * factor, 1 - 0.4 / e, 0.8) for e in (1, 2, 3)]
        figure = plot_verdict(verdict(rows=[of(records)]))
        figure.canvas.draw()
        axes = panels(figure)[0][0]
        low, high = axes.get_ylim()
        labels = [label for label in axes.get_yticklabels() if low <= label.get_position()[1] <= high]
        names = [label.get_text() for label in labels if label.get_text()]
        assert len(set(names)) == len(names) > 1
        ends = [label.get_window_extent() for label in labels if label.get_text()]
        assert all(one.y1 < other.y0 for one, other in zip(ends, ends[1:]))


def test_logs_that_differ_as_one_are_said_above_all():
    def title(differs):
        as_one = joint(p=0.001, differs=differs, reason="they are off")
        return plot_verdict(verdict("differs", [row("a"), row("b")], joint=(as_one,))).get_suptitle()

    said = "logs 1 and 2 as one: DIFFERS, p = 0.001; they are off"
    assert title(True).splitlines()[1:] == [said]
    assert "as one" not in title(False)


@pytest.mark.parametrize(("form", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_picture_has_its_form_and_the_same_bytes_each_time(form, start):
    content = [plotting.picture(plot_verdict(verdict("differs")), form) for _ in range(2)]
    assert content[0] == content[1]
    assert content[0].startswith(start)
    assert re.search(rb"\d{4}-\d\d-\d\dT|/CreationDate", content[0]) is None
