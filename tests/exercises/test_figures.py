"""What is written in the figures of the recorded answers stands inside, and nothing over anything else."""

from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from dropout_gluon.exercises import record
from dropout_gluon.exercises.catalogue import MODULES, find
from dropout_gluon.plotting import new_figure


def written(figure):
    """Titles, labels of axes and legends, each with the box that it takes up, in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = []
    for axes in figure.axes:
        titles = (axes.title, axes._left_title, axes._right_title)
        texts += [*titles, axes.xaxis.label, axes.yaxis.label, *axes.texts]
    for legend in [*figure.legends, *filter(None, (axes.get_legend() for axes in figure.axes))]:
        texts += legend.get_texts()
    shown = [text for text in texts if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in shown]


def faults(figure):
    """What is written outside, and what over something else."""
    texts, (width, height) = written(figure), figure.bbox.size
    outside = [
        text for text, box in texts if min(box.x0, box.y0) < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    over = [
        (one, other)
        for (one, box), (other, another) in combinations(texts, 2)
        if box.padded(-1).overlaps(another.padded(-1))
    ]
    return outside + over


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("form", ["configs", "quick"])
def test_what_is_written_can_be_read(name, form):
    asked = find(name)
    runs = record.of(getattr(asked, form)(), record.load(name)[1])
    if len(runs) < len(getattr(asked, form)()):
        pytest.skip(f"exercise {name} is not recorded in full")
    figure = asked.analyse(runs).draw()
    assert len(written(figure)) > 2
    assert faults(figure) == []


def test_faults_are_found():
    figure = new_figure((4, 3), "Two axes side by side.")
    left, right = figure.subplots(1, 2)
    left.set_title("A title that is too long by far for half a figure", loc="left")
    right.set_title("Another", loc="left")
    right.set_xlabel("What stands below, and is longer than there is room for it")
    found = faults(figure)
    assert "What stands below, and is longer than there is room for it" in found
    assert ("A title that is too long by far for half a figure", "Another") in found
