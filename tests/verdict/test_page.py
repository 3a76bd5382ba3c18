"""A verdict in a notebook: its HTML is closed, holds what it should, and can be read in any theme."""

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from verdicts import notebook, row, verdict

from dropout_gluon import plotting
from dropout_gluon.verdict.figure import plot_verdict
from dropout_gluon.verdict.page import COLOURS
from dropout_gluon.verdict.record import Refused

OUTCOMES = ("matches", "differs", "undecided")


class Page(HTMLParser):
    """An HTML text as its elements, which must be closed in order, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data + "\n"

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_html_has_headline_tables_picture_and_notes(outcome):
    one = verdict(outcome, notes=("Of note.",))
    page = Page(one._repr_html_())
    lines = page.text.splitlines()
    assert lines[0] == one.headline
    assert lines[1] == "2 epochs, ranked among 200 recorded runs of the reshuffled split"
    assert "Of note." in lines
    power = f"Of logs with a planted bug, a verdict like this finds {one.power:.0%}."
    assert (power in lines) == (outcome != "differs")
    assert len(page.all("table")) == 2
    assert len(page.all("details")) == 1
    said = outcome == "differs"  # has a row of its own
    assert len(page.all("tr")) == (1 + 1 + said) + (1 + 2)
    for band in one.rows[0].bands:
        assert str(band) in lines
    assert ("DIFFERS" in lines) == (outcome == "differs")
    (image,) = page.all("img")
    assert image["alt"].startswith(f"{one.headline}. The log, epoch by epoch, ")
    content = base64.b64decode(image["src"].partition("data:image/png;base64,")[2], validate=True)
    assert content == plotting.png(plot_verdict(one))


def test_html_of_several_logs_has_a_row_and_a_fold_each():
    one = notebook(5)
    page = Page(one._repr_html_())
    assert len(page.all("table")) == 1 + 5
    assert len(page.all("details")) == 5
    lines = page.text.splitlines()
    assert lines.index("cell 3") < lines.index("cell 5") < lines.index("cell 11")
    assert [line for line in lines if line in COLOURS or line == "DIFFERS"] == [
        "matches", "DIFFERS", "undecided", "cut short", "matches",
    ]  # fmt: skip
    assert page.all("img")[0]["alt"].startswith(f"{one.headline}. The 4 most unusual logs, epoch by epoch, ")


def test_html_reads_from_the_left_in_the_colours_of_the_theme():
    """Notebooks align cells to the right, as numbers are; white text is on a background of its own alone."""
    page = Page(notebook(5)._repr_html_())
    for tag, attributes in page.elements:
        style = attributes.get("style", "")
        assert ("text-align:" in style) == (tag in ("td", "th"))
        assert ("background:" in style) == (";color:#fff" in style)
        assert style.count("color:") == style.count(";color:#fff")
    # Number, place, heading, epochs, p and outcome; what is said of a log has a row of its own.
    sides = [re.search("text-align:(\\w+)", one["style"])[1] for one in page.all("th")[:6]]
    assert sides == ["right", "left", "left", "right", "right", "left"]
    broken = ["white-space:nowrap" not in one["style"] for one in page.all("th")[:6]]
    assert broken == [False, False, True, False, False, False]  # headings may be long
    assert {one["colspan"] for one in page.all("td") if "colspan" in one} == {"6"}
    assert page.elements[1] == ("div", {"class": "dropout-gluon tex2jax_ignore mathjax_ignore"})


def test_html_takes_nothing_in_a_source_for_markup():
    source = "<script>alert(1)</script>&amp;"
    log = row(source, heading=source, remarks=(source,))
    page = Page(verdict(rows=[log], notes=(source,), refused=(Refused(source, "b"),))._repr_html_())
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "b"}
    # In the table the name, the heading and what is said; below it two sentences; and above the epochs.
    assert page.text.count(source) == 6


@pytest.mark.parametrize("outcome", COLOURS)
def test_white_on_the_colours_is_readable(outcome):
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(COLOURS[outcome])]
    assert 1.05 / (np.dot(linear, (0.2126, 0.7152, 0.0722)) + 0.05) > 4.5  # the contrast of WCAG 2
