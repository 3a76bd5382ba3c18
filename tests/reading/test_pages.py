"""Pages of HTML: notebooks as nbconvert and JupyterBook write them, and pages with preformatted text."""

import html
import time
from contextlib import suppress

import pytest

from dropout_gluon.errors import LogError
from dropout_gluon.logs import documented_log
from dropout_gluon.reading.reader import reading_of

RECORDS = documented_log("scratch")[:3]
TEXT = "".join(f"{record}\n" for record in RECORDS)
OTHER = TEXT.replace("0.5", "0.6")
TRACE = (
    '<span class="ansi-red-fg">-------</span>\n<span class="ansi-red-fg">KeyboardInterrupt</span>'
    "        Traceback (most recent call last)\n&lt;ipython-input&gt; in &lt;module&gt;\n\n"
    '<span class="ansi-red-fg">KeyboardInterrupt</span>: \n'
)
SOURCE = '<span class="n">drop_prob1</span><span class="p">,</span> drop_prob2 <span>=</span> 0.5, 0.2'
TITLE = '<h2 id="Dropout">Dropout &amp; more<a class="anchor-link" href="#Dropout">&#182;</a></h2>'

# A page's beginning, a cell of text, a cell of code, an output, an error, the end of a cell.
TEMPLATES = {
    "classic": (
        "<!DOCTYPE html>\n<html><head><style>pre {color: red}</style><script>'<pre>'</script></head><body>\n",
        '<div class="cell border-box-sizing text_cell rendered"><div class="prompt input_prompt"></div>'
        '<div class="inner_cell"><div class="text_cell_render rendered_html">\n{}\n</div></div></div>\n',
        '<div class="cell border-box-sizing code_cell rendered">\n<div class="input"><div class="inner_cell">'
        '<div class="input_area"><div class=" highlight hl-ipython3"><pre><span></span>{}\n</pre></div>',
        '<div class="output_wrapper"><div class="output"><div class="output_area">'
        '<div class="output_subarea output_stream output_stdout output_text">\n<pre>{}</pre>\n</div>',
        '<div class="output_area"><div class="output_subarea output_text output_error"><pre>\n{}</pre></div>',
    ),
    "lab": (
        "<!DOCTYPE html>\n<html><head></head><body class='jp-Notebook' data-jp-theme-light='true'>\n",
        '<div class="jp-Cell jp-MarkdownCell jp-Notebook-cell"><div class="jp-Cell-inputWrapper">'
        '<div class="jp-RenderedHTMLCommon jp-MarkdownOutput">\n{}\n</div></div></div>\n',
        '<div class="jp-Cell jp-CodeCell jp-Notebook-cell"><div class="jp-Cell-inputWrapper">'
        '<div class="jp-InputArea jp-Cell-inputArea"><div class=" highlight hl-ipython3"><pre>{}</pre></div>',
        '<div class="jp-Cell-outputWrapper"><div class="jp-OutputArea jp-Cell-outputArea"><div '
        'class="jp-RenderedText jp-OutputArea-output" data-mime-type="text/plain">\n<pre>{}</pre></div>',
        '<div class="jp-RenderedText jp-OutputArea-output" data-mime-type="application/vnd.jupyter.stderr">'
        "<pre>{}</pre></div>",
    ),
    "JupyterBook": (
        "<html>\n<body>\n",
        "<section>{}</section>\n<div class='cell tag_x docutils container'></div>",
        "<div class='cell docutils container'><div class='cell_input docutils container'><pre>{}</pre></div>",
        "<div class='cell_output docutils container'><div class='output stream'><pre>{}</pre></div>",
        "<div class='output traceback highlight'><pre>{}</pre></div>",
    ),
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_notebooks_as_pages(template):
    start, prose, source, output, error = template
    page = (
        start
        + prose.format(TITLE + f"<pre>{OTHER}</pre>" * ("docutils" not in prose))
        + source.format(SOURCE)
        + output.format("[&#39;" + html.escape(TEXT).replace("loss", "<b>loss</b>"))
        + source.format("train()")
        + output.format(OTHER)
        + error.format(TRACE)
        + "</body></html>"
    )
    reading = reading_of(page, "page.html")
    assert [log.epochs[1].loss for log in reading.logs] == [0.5803, 0.6803]
    assert [log.source for log in reading.logs] == ["page.html, cell 2", "page.html, cell 3"]
    assert [(log.cell, log.heading) for log in reading.logs] == [(2, "Dropout & more"), (3, "Dropout & more")]
    assert {log.sets for log in reading.logs} == {(("drop_probs", "0.5, 0.2"),)}
    assert [log.failure for log in reading.logs] == ["", "KeyboardInterrupt"]
    assert reading.unread == ()
    bad = reading_of(page.replace("epoch 2", "epoch 3"), "page.html").unread
    assert [unread.source for unread in bad] == ["page.html, cell 2, line 2", "page.html, cell 3, line 2"]


# What of an output's tag is otherwise where a cell wrote to standard error, and where it shows a value.
KINDS = {
    "classic": ("output_stdout", "output_stderr", "output_execute_result"),
    "lab": ('data-mime-type="text/plain"', 'data-mime-type="application/vnd.jupyter.stderr"',
            'data-mime-type="text/plain" id="jp-OutputArea-executeResult"'),
    "JupyterBook": ("output stream", "output stderr", "output text_plain"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_output_for_every_line(name):
    """As the notebook has them that nbconvert has executed, with a bar and a value between the lines."""
    start, _, source, output, error = TEMPLATES[name]
    printed, *others = KINDS[name]
    assert printed in output
    bar, value = (output.replace(printed, other).format("{}") for other in others)
    lines = [output.format(html.escape(line)) for line in (TEXT + OTHER).splitlines(keepends=True)]
    page = start + source.format(SOURCE) + (bar.format("50%\n") + value.format("7")).join(lines)
    reading = reading_of(page + error.format(TRACE) + "</body></html>", "page.html")
    assert [len(log.epochs) for log in reading.logs] == [3, 3]
    assert [log.source for log in reading.logs] == ["page.html, cell 1"] * 2
    assert [log.failure for log in reading.logs] == ["", "KeyboardInterrupt"]
    assert reading.unread == ()
    # A log that was written to standard error is one, too; a cell's log does not go on in another's.
    errors = [bar.format(html.escape(line)) for line in OTHER.splitlines(keepends=True)]
    both = start + source.format(SOURCE) + "".join(a + b for a, b in zip(lines[:3], errors))
    assert [len(log.epochs) for log in reading_of(both, "page.html").logs] == [3, 3]
    apart = reading_of(start + "".join(source.format(SOURCE) + line for line in lines[:2]), "page.html")
    assert [(len(log.epochs), log.cell) for log in apart.logs] == [(1, 1)]
    assert [unread.source for unread in apart.unread] == ["page.html, cell 2, line 1"]


def test_preformatted_text_in_any_page():
    page = (
        "<html>\n<h1>Softmax <i>regression</i></h1>\n<p>epoch 1, loss 0.1</p>\n"
        f'<div class="highlight"><pre class="x">\n{TEXT}</pre></div><H2>Dropout</H2>'
        f"<style>x</style><PRE>{OTHER}</PRE></html>"
    )
    reading = reading_of(page, "page.html")
    assert [(log.source, log.heading, log.cell) for log in reading.logs] == [
        ("page.html:5", "Softmax regression", None),
        ("page.html:8", "Dropout", None),
    ]
    assert reading.left_out == 0
    piece = page.partition("\n")[2]
    assert [log.source for log in reading_of(piece).logs] == ["text:4", "text:7"]


def test_a_page_without_preformatted_text_is_read_as_text():
    (log,) = reading_of("<html><body>\n" + TEXT.replace("\n", "<br>\n") + "</body></html>").logs
    assert (log.epochs, log.source) == (RECORDS, "text:2")


def test_text_that_begins_with_a_bracket_is_no_page():
    (log,) = reading_of(f"<module 'mxnet'>\n{TEXT}").logs
    assert log.source == "text:2"


MILLION = 10**6
NASTY = {
    "comments": "<!--" * (MILLION // 4),
    "tags": "<pre" * (MILLION // 4),
    "open": "<pre>" * (MILLION // 5),
    "attributes": "<div class=" * (MILLION // 11) + ">",
    "classes": "<div class" + " " * MILLION + "=>",
    "cells": '<div class="cell"><pre>' * (MILLION // 23),
    "entities": "<pre>" + "&#" * (MILLION // 2) + "&" * MILLION + "</pre>",
    "a long number": "<pre>&#" + "9" * MILLION + ";</pre>",
    "blank": "<pre>" + " " * MILLION + "</pre>",
    "headings": "<h1>" + "<h1>x</h1>" * (MILLION // 10),
}


@pytest.mark.parametrize("page", NASTY.values(), ids=NASTY)
def test_time_is_in_proportion_to_the_page(page):
    start = time.process_time()
    for text in (f"<html>{page}", f"<html>{page}</html>"):
        with suppress(LogError):
            reading_of(text)
    assert time.process_time() - start < 20


def test_markdown_with_some_html_is_read_whole():
    text = (
        "<h1 align=center>Notes</h1>\n\n## Without dropout\n\n"
        f"```\n{OTHER}```\n\n<pre>\n{TEXT}</pre>\n\n## Wide\n<pre>{TEXT.replace('0.5', '0.7')}</pre>\n"
        + OTHER.replace("0.6", "0.8")
    )
    reading = reading_of(text, "notes.md")
    assert [(log.source, log.heading) for log in reading.logs] == [
        ("notes.md:6", "Without dropout"),
        ("notes.md:12", "Without dropout"),
        ("notes.md:18", "Wide"),
        ("notes.md:22", ""),
    ]
    assert reading.unread == ()


def test_a_page_of_cells_that_shows_no_log_has_none():
    begin, prose, source, _, error = TEMPLATES["lab"]
    page = (
        begin + prose.format(f"<p>{TEXT}</p>") + source.format(f"# {TEXT}") + error.format(TRACE) + "</div>"
    )
    with pytest.raises(LogError, match="page: no line like"):
        reading_of(page.replace(error.format(TRACE), ""), "page")
    (unread,) = reading_of(page, "page").unread
    assert unread.reason == "it ended in 'KeyboardInterrupt', and no cell shows a log"
