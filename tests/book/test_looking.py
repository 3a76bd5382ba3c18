"""What makes the book's build fail: each fault is planted, and found."""

import pytest
from browsing import browse, browser
from looking import look_through

HEAD = '<!doctype html><meta charset="utf-8"><title>A page</title>'
SEARCH = '<form class="sidebar-search-container" action="search.html"><input name="q"></form>'
CONTENTS = '<div class="sidebar-tree"><a class="reference" href="#here">Here</a></div>'
SOUND = f"""{HEAD}{SEARCH}{CONTENTS}<p id="here">Text, <a href="other.html#there">a link</a>, <a
href="https://example.org/">one to elsewhere</a>, <img src="dot.svg" alt="A dot"></p>"""
FOUND = f"""{HEAD}{SEARCH}{CONTENTS}<p id="here"></p><script>
document.write('<ul class="search"><li><a href="index.html">dropout</a></li></ul>')</script>"""
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="3"/></svg>'


@pytest.fixture
def book(tmp_path):
    """A small book without faults: add what is to be planted to the text of its first page."""
    (tmp_path / "index.html").write_text(SOUND)
    (tmp_path / "other.html").write_text(
        f'{HEAD}{CONTENTS.replace("here", "there")}<h1 id="there">Other</h1>'
    )
    (tmp_path / "search.html").write_text(FOUND)
    (tmp_path / "dot.svg").write_text(DOT)
    (tmp_path / "book.css").write_text("p { background: url(dot.svg) }")
    return tmp_path


def plant(book, markup):
    with (book / "index.html").open("a") as file:
        file.write(markup)


def test_a_sound_book_has_no_faults(book):
    assert look_through(book) == []


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ('<script src="https://cdn.org/a.js"></script>', "<script> fetches https://cdn.org/a.js"),
        ('<script src="//cdn.org/a.js"></script>', "<script> fetches //cdn.org/a.js"),
        ('<link rel="stylesheet" href="https://cdn.org/a.css">', "<link> fetches https://cdn.org/a.css"),
        ('<link rel="preconnect" href="https://fonts.org">', "<link> fetches https://fonts.org"),
        ('<img src="http://cdn.org/a.png" alt="A">', "<img> fetches http://cdn.org/a.png"),
        ('<iframe src="https://cdn.org/a"></iframe>', "<iframe> fetches https://cdn.org/a"),
        ('<p style="background: url(https://cdn.org/a)">', "<p> fetches https://cdn.org/a"),
        ("<style>@import 'https://fonts.org/a.css';</style>", "fetches https://fonts.org/a.css"),
        ("<script>import 'https://cdn.org/a.js'</script>", "fetches https://cdn.org/a.js"),
        ('<img src="dot.svg">', "no words for the image dot.svg"),
        ('<img src="dot.svg" alt="_images/dot.svg">', "no words for the image dot.svg"),
        ('<a href="gone.html">', "a link to nothing: gone.html"),
        ('<a href="other.html#gone">', "a link to no place in its page: other.html#gone"),
        ('<a href="#gone">', "a link to no place in its page: #gone"),
        ('<img src="gone.png" alt="A">', "a link to nothing: gone.png"),
    ],
)
def test_each_fault_is_found(book, markup, fault):
    plant(book, markup)
    (found,) = look_through(book)
    assert found.startswith(f"index.html: {fault}")


def test_a_style_sheet_that_fetches_is_found(book):
    (book / "book.css").write_text("@font-face { src: url('https://fonts.org/a.woff2') }")
    assert look_through(book) == ["book.css: fetches https://fonts.org/a.woff2"]


def test_no_book_is_a_fault(tmp_path):
    assert look_through(tmp_path) == [f"{tmp_path}: no pages"]


@pytest.mark.skipif(not browser(), reason="there is no chromium on the PATH")
class TestBrowser:
    """What shows in a browser alone; no host but this one has a name for it."""

    def test_a_sound_book_has_no_faults(self, book):
        assert browse(book, browser()) == []

    def test_each_fault_is_found(self, book):
        plant(book, "<p style='color: #aaa; background: #bbb'>pale</p>")
        plant(book, "<div style='width: 1000px'>wide</div>")
        plant(book, "<script>setTimeout(() => fetch('https://' + 'cdn.org/late.json'), 1)</script>")
        (book / "dot.svg").write_text("no image")
        (book / "search.html").write_text(FOUND.replace("document.write", "void"))
        (book / "other.html").write_text(f'{HEAD}<h1 id="there">Other</h1>')
        found = browse(book, browser())
        faults = {
            "contrast 1.2 of P: pale",
            "an image is not shown",
            "pixels wide in a window of 420",
            "asks https://cdn.org/late.json",
            "other.html: no table of contents",
            "the search for dropout finds nothing",
        }
        assert {fault for fault in faults if any(fault in line for line in found)} == faults
