"""Tables and pictures of a notebook: aligned as they are read, and never squeezed or cut."""

import re

import pytest

from dropout_gluon import plotting, showing


def styles(tag, table):
    return [
        dict(part.split(":", 1) for part in style.split(";"))
        for style in re.findall(f'<{tag}[^>]* style="([^"]*)"', table)
    ]


@pytest.mark.parametrize(
    ("cell", "side"),
    [
        ("1", "right"), ("-0.5", "right"), ("0.8561 ± 0.0010", "right"), ("1.1 [1.0, 1.2]", "right"),
        ("-", "right"), ("", "right"), ("1e-05", "right"), ("60,000", "right"), ("12%", "right"),
        ("scratch", "left"), ("0.2 and 0.5", "left"), ("1.1 [1.0, 1.2] low", "left"), ("3 runs", "left"),
        ("ε", "left"), ("e", "left"),
    ],
)  # fmt: skip
def test_numbers_are_at_the_right_and_prose_at_the_left(cell, side):
    table = showing.table(("a", "b"), [("x", cell), ("y", "2")])
    assert [style["text-align"] for style in styles("t[hd]", table)] == ["left", side] * 3


def test_numbers_and_names_are_not_broken_and_sentences_are():
    sentence = "trains faster than any of the recorded runs"
    table = showing.table(("name", "value", "said"), [("a b", "1.0 ± 0.1", sentence)])
    assert ["white-space" in style for style in styles("td", table)] == [True, True, False]
    # A column of sentences keeps room for them, however many numbers stand beside it.
    assert [style.get("min-width") for style in styles("td", table)] == [None, None, "15em"]


def test_what_is_said_of_a_row_has_the_whole_width_below_it():
    table = showing.table(("log", "p"), [("a", "1"), ("b", "2")], below=["first & more\nsecond", ""])
    assert table.count("<tr>") == 1 + 2 + 1
    assert re.search('<td colspan="2"[^>]*>first &amp; more<br>second</td>', table)


def test_a_table_without_rows_and_one_with_a_caption():
    assert showing.table(("a", "b"), []).count("<th ") == 2
    assert "A &lt;caption&gt;" in showing.table(("a",), [("1",)], "A <caption>").partition("<table>")[0]


def test_a_picture_has_words_and_a_size():
    figure = plotting.new_figure((8, 3), 'Curves of "runs".')
    shown = figure._repr_html_()
    assert 'alt="Curves of &quot;runs&quot;."' in shown
    assert "width:800px;max-width:100%;min-width:640px" in shown
    assert "overflow-x:auto" in shown
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert "width:100px;max-width:100%;min-width:100px" in plotting.new_figure((1, 1))._repr_html_()


def test_in_dark_themes_the_lightness_of_pictures_is_turned_over():
    style = showing.page("").partition("</style>")[0]
    assert style.startswith("<style>[data-jp-theme-light=false] .dropout-gluon img,")
    assert style.endswith("{filter:invert(.93) hue-rotate(180deg)}")
