"""Every view of a verdict says what the verdict holds, whatever the logs are called."""

import base64
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import xmlschema
from matplotlib.colors import to_rgb
from places import DATA
from verdicts import group, verdict

from dropout_gluon import plotting
from dropout_gluon.logs import EpochRecord
from dropout_gluon.verdict.figure import plot_verdict
from dropout_gluon.verdict.record import Band, Curve, Group
from dropout_gluon.verdict.views import COLOURS, VIEWS, Verdict, to_junit, to_markdown

SCHEMA = xmlschema.XMLSchema(DATA / "junit.xsd")
UGLY = "a|b`<b>&\n\x1b_\udc80\ufffe$x$*\\|[l](u)"
OUTCOMES = ("matches", "differs", "undecided")


def test_status_is_that_of_the_command():
    assert [verdict(outcome).status for outcome in OUTCOMES] == [0, 1, 3]


def test_text_of_a_log_that_differs():
    assert str(verdict("differs", notes=("log.txt:1 has 12 epochs.",))) == (
        "DIFFERS from the book's experiment (p = 0.0025, level 0.01)\n"
        "\n"
        "log.txt:1\n"
        "1 log of 2 epochs against 10 reference runs of the reshuffled split\n"
        "  training curve  matches  p = 0.61\n"
        "  test curve      DIFFERS  p = 0.0025  fits: none\n"
        "    test accuracy is lower than in any of the 10 reference runs from epoch 1 on\n"
        "  epoch   loss                          train acc                     test acc\n"
        "      1   1.1400 [1.1700, 1.2500] low   0.5600 [0.5800, 0.6100] low   0.5700 [0.5850, 0.6150] low\n"
        "      2   0.5400 [0.5700, 0.6500] low   0.7600 [0.7800, 0.8100] low   0.7700 [0.7850, 0.8150] low\n"
        "\n"
        "After each value the band in which 95% of the reference runs lie, and low or high where the value "
        "lies\noutside: about 1 in 20 values of a good run do, and neighbours move together.\n"
        "log.txt:1 has 12 epochs.\n"
        "Of logs with a planted bug, a verdict like this finds 87%."
    )


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("matches", "MATCHES the book's experiment (p = 0.23, level 0.01)"),
        (
            "undecided",
            "UNDECIDED: nothing differs, but so little would hide most planted bugs (p = 0.23, level 0.01)",
        ),
    ],
)
def test_text_of_logs_that_do_not_differ(outcome, words):
    lines = str(verdict(outcome, [group(("a", "b"), offs=[0.5, 0.7])])).splitlines()
    assert lines[0] == words
    assert lines[2:6] == [
        "a, b",
        "2 logs of 2 epochs, judged as one, against 10 reference runs of the reshuffled split",
        "  training curve  matches  p = 0.61",
        "  test curve      matches  p = 0.23    fits: reshuffled",
    ]
    assert lines[7] == (
        "      1   1.2300 [1.1700, 1.2500]   0.6060 [0.5800, 0.6100]   0.6090 [0.5850, 0.6150]"
    )
    assert any("the value is their mean, the band that of a single run" in line for line in lines)
    assert not re.search(r"DIFFERS|\] (low|high)", "\n".join(lines))


@pytest.mark.parametrize(
    ("p", "text"),
    [(1.0, "p = 1"), (0.2345, "p = 0.23"), (0.0025, "p = 0.0025"), (0.0001, "p = 0.0001"),
     (0.00009, "p < 0.0001"), (0.0, "p < 0.0001")],
)  # fmt: skip
def test_p_as_it_is_printed(p, text):
    one = verdict(groups=[group(p=p)])
    assert one.groups[0].curves[1].p_text == text
    for view in ("text", "junit"):  # in JUnit the text is escaped once
        assert text.replace("<", "&lt;" if view == "junit" else "<") in VIEWS[view](one)


@pytest.mark.parametrize(("off", "mark"), [(-1.01, "low"), (-0.99, ""), (0.99, ""), (1.01, "high")])
def test_a_value_is_marked_where_it_lies_outside(off, mark):
    rows = str(verdict(groups=[group(offs=[off])])).splitlines()[7:9]
    for row in rows:
        assert re.findall(r"\] ?(low|high)?(?=  |$)", row) == [mark] * 3


def test_text_is_at_most_110_wide():
    sources = [f"/very/long/folder/{'x' * 200}/{n}.txt:1" for n in range(3)]
    groups = [group(sources, 10, [-900.0, 0.0, 0.0]), group(["y" * 300], 10, [1e7], differs=True, p=0.00001)]
    lines = str(verdict("differs", groups, notes=("word " * 60, "z" * 300))).splitlines()
    assert max(map(len, lines)) <= 110
    assert sum(line.count("z") for line in lines) == 300


def test_sources_are_shortened_where_they_are_many_or_long():
    assert group(["a", "b", "c"]).label == "a, b, c"
    assert group([f"run {n}" for n in range(1, 12)]).label == "run 1, run 2 and 9 more"
    assert group(["folder/" + "x" * 60 + "/log.txt:3"]).label == f"folder/xxx...{'x' * 17}/log.txt:3"
    assert group([UGLY]).label == "a|b`<b>&\\n\\x1b_\\udc80\\ufffe$x$*\\|[l](u)"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_json_holds_all_values(outcome):
    first = verdict(outcome, [group(("a", UGLY), 3, [0.1, 1 / 3]), group(differs=True)], notes=(UGLY, "so"))
    text = VIEWS["json"](first)
    content = json.loads(text)
    assert content.pop("format") == "dropout_gluon verdict 1"
    assert text == json.dumps(json.loads(text), indent=1) + "\n"
    groups = tuple(
        Group(
            tuple(one["sources"]),
            tuple(tuple(EpochRecord(**record) for record in log) for log in one["logs"]),
            one["split"],
            one["reference"],
            tuple(Curve(**{**curve, "fits": tuple(curve["fits"])}) for curve in one["curves"]),
            tuple(Band(**band) for band in one["bands"]),
        )
        for one in content["groups"]
    )
    assert Verdict(**{**content, "groups": groups, "notes": tuple(content["notes"])}) == first


def test_json_has_no_nan():
    with pytest.raises(ValueError, match="JSON"):
        VIEWS["json"](verdict(power=float("nan")))


def tables(text):
    """The tables of a Markdown text, as GitHub splits their rows into cells."""
    found, last = [], ""
    for line in text.splitlines():
        if line.startswith("|"):
            if not last.startswith("|"):
                found.append([])
            found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        last = line
    return found


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("source", ["log.txt:1", UGLY])
def test_markdown_has_its_tables_whatever_the_source(outcome, source):
    one = verdict(outcome)
    text = to_markdown(replace(one, groups=(replace(one.groups[0], sources=(source,)),), notes=(source,)))
    curves, bands = tables(text)
    assert [len(row) for row in curves] == [6] * 4  # header, rule, two curves
    assert [len(row) for row in bands] == [4] * 4  # header, rule, two epochs
    assert curves[0] == ["logs", "curve", "outcome", "p", "fits split", "how it differs"]
    assert curves[3][1:3] == ["test", "**DIFFERS**" if outcome == "differs" else "matches"]
    assert bands[2][0] == "1"
    assert bands[2][3] == (
        "**0.5700 [0.5850, 0.6150] low**" if outcome == "differs" else "0.6075 [0.5850, 0.6150]"
    )
    assert text.startswith(f"### {outcome.upper()}")
    assert text.count("<details><summary>") == text.count("</details>") == 1
    # A blank line ends the HTML, so that the table in it is one.
    assert "</summary>\n\n| epoch" in text
    assert "|\n\n</details>\n\n" in text
    assert text.endswith("a verdict like this finds 87%.\n")


def test_markdown_takes_nothing_in_a_source_for_markup():
    text = to_markdown(verdict(groups=[group([UGLY])], notes=(UGLY,)))
    assert text.replace("\n", "").isprintable()
    assert text.count("\n") == to_markdown(verdict(groups=[group(["a"])], notes=("a",))).count("\n")
    plain = re.sub(r"</?(details|summary)>|^\|.*\|$|^### ", "", text, flags=re.MULTILINE)
    assert not set(plain) & set("`<>*_[]\\~|")
    cell = tables(text)[0][2][0]
    assert re.sub(r"&#(\d+);", lambda code: chr(int(code[1])), cell) == group([UGLY]).label
    assert not set(cell) & set("`<>*_[]\\~")


def cases(one):
    """The test cases of the JUnit view, after its schema has accepted it."""
    text = to_junit(one)
    SCHEMA.validate(text)
    assert text.isascii()
    root = ET.fromstring(text)
    (suite,) = root
    assert root.tag == "testsuites"
    assert suite.get("name") == "dropout_gluon compare"
    found = suite.findall("testcase")
    for element in (root, suite):
        assert element.get("tests") == str(len(found))
        assert element.get("failures") == str(len(suite.findall("testcase/failure")))
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    assert suite.find("system-out").text == VIEWS["text"](one)
    return found


def test_junit_of_logs_that_match():
    found = cases(verdict(groups=[group(), group(("a", "b"))]))
    assert [case.attrib for case in found] == [
        {"classname": "reshuffled", "name": f"{curve} curve of {label}"}
        for label in ("log.txt:1", "a, b")
        for curve in ("training", "test")
    ]
    assert [len(case) for case in found] == [0] * 4


def test_junit_of_logs_that_differ():
    training, test = cases(verdict("differs"))
    assert len(training) == 0
    assert test.find("failure").get("message") == (
        "p = 0.0025: test accuracy is lower than in any of the 10 reference runs from epoch 1 on"
    )


def test_junit_of_logs_on_which_nothing_was_decided():
    one = verdict("undecided")
    for case in cases(one):
        assert case.find("skipped").get("message") == one.headline
        assert case.find("failure") is None


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_junit_is_xml_whatever_the_source(outcome):
    every = "".join(map(chr, [*range(0x250), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF]))
    sources = [every[start : start + 13] for start in range(0, len(every), 13)]
    for source in [UGLY, *sources]:
        one = verdict(outcome, [group([source], differs=outcome == "differs")], notes=(source,))
        for case in cases(one):
            assert case.get("name").endswith(f" curve of {one.groups[0].label}")


def test_the_schema_refuses_what_is_not_junit():
    text = to_junit(verdict("differs"))
    for wrong in (text.replace("failures=", "failed="), text.replace("<failure", "<fault")):
        assert SCHEMA.is_valid(text)
        assert not SCHEMA.is_valid(wrong.replace("</failure", "</fault") if "<fault" in wrong else wrong)


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
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + "\n"

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_html_has_headline_tables_picture_and_notes(outcome):
    one = verdict(outcome, notes=("Of note.",))
    page = Page(one._repr_html_())
    lines = page.text.splitlines()
    assert lines[0] == one.headline
    assert lines[-2:] == ["Of note.", "Of logs with a planted bug, a verdict like this finds 87%."]
    assert len(page.all("table")) == 2
    assert len(page.all("details")) == 1
    assert len(page.all("tr")) == (1 + 2) + (1 + 2)
    for band in one.groups[0].bands:
        assert str(band) in lines
    assert ("DIFFERS" in lines) == (outcome == "differs")
    (image,) = page.all("img")
    assert image["alt"].startswith(one.headline)
    content = base64.b64decode(image["src"].partition("data:image/png;base64,")[2], validate=True)
    assert content == plotting.png(plot_verdict(one))


def test_html_takes_nothing_in_a_source_for_markup():
    source = "<script>alert(1)</script>&amp;"
    page = Page(verdict(groups=[group([source])], notes=(source,))._repr_html_())
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "b"}
    # Twice in the table of curves, once above the bands, once in the notes, each time as it is.
    assert page.text.count(source) == 4


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_white_on_the_headlines_colour_is_readable(outcome):
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(COLOURS[outcome])]
    assert 1.05 / (np.dot(linear, (0.2126, 0.7152, 0.0722)) + 0.05) > 4.5  # the contrast of WCAG 2


def test_text_needs_no_matplotlib():
    code = "import sys, dropout_gluon.verdict.views; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
