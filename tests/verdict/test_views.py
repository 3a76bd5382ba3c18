"""Every view of a verdict says what the verdict holds, whatever the logs are called."""

import json
import re
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from jsonschema import Draft202012Validator
from places import DATA, REAL, ROOT
from verdicts import SHOWN, UGLY, joint, notebook, row, verdict

from dropout_gluon.logs import EpochRecord
from dropout_gluon.messages import printable
from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.record import YOURS, Band, Curve, Joint, Refused, Row
from dropout_gluon.verdict.views import VIEWS, Verdict, to_json, to_junit, to_markdown, to_text

JUNIT = xmlschema.XMLSchema(DATA / "junit.xsd")
JSON = Draft202012Validator(json.loads((ROOT / "docs/verdict.schema.json").read_text()))
OUTCOMES = ("matches", "differs", "undecided")
HAND_MADE = {
    **{outcome: verdict(outcome) for outcome in OUTCOMES},
    "notebook": notebook(),
    "ugly": verdict(
        "differs",
        [row(UGLY, file="a|b", heading=UGLY, outcome="differs", reason=UGLY, sets=((UGLY, UGLY),)), row()],
        refused=(Refused(UGLY, UGLY),),
        joint=(joint(reason=UGLY, differs=True),),
        notes=(UGLY,),
    ),
    "own": verdict(rows=[row(split="", curves=(Curve("training", 0.5), Curve("test", 0.5)))], power=None),
    "as one": verdict(rows=[row("a", outcome="as one"), row("b", outcome="as one")], joint=(joint(),)),
}


def test_logs_held_against_ones_own_runs_have_no_split_and_no_power():
    curves = (Curve("training", 0.5), Curve("test", 0.25))
    own = verdict(rows=[row(split="", reference=40, curves=curves)], power=None, experiment=YOURS)
    assert str(own) == (
        "MATCHES the runs it was held against (p = 0.23, level 0.01)\n"
        "\n"
        "log.txt:1\n"
        "2 epochs, ranked among 40 runs of your own\n"
        "  training curve  p = 0.5\n"
        "  test curve      p = 0.25"
    )
    for view in (*VIEWS.values(), Verdict._repr_html_):
        assert not re.search('[Ss]plit[^"]|planted', view(own))


@pytest.mark.parametrize(
    ("fits", "said"),
    [
        (("reshuffled", "released"), "fits both splits"),
        (("released",), "fits the released split"),
        ((), "fits neither split"),
    ],
)
def test_each_view_for_people_says_which_splits_the_test_curve_fits(fits, said):
    one = verdict(rows=[row(curves=(Curve("training", 0.125), Curve("test", 0.25, fits)))])
    assert re.search(rf"test curve +p = 0.25 +{said}$", str(one), re.MULTILINE)
    for text in (to_markdown(one), one._repr_html_()):
        assert f"training curve p = 0.12; test curve p = 0.25, {said}</summary>" in text


@pytest.mark.parametrize(
    ("outcome", "of_all", "explained"),
    [
        ("undecided", "matches", "Undecided: it does not differ, but"),
        ("cut short", "undecided", "Cut short: what there is of it"),
        ("as one", "matches", "As one: by itself it was not judged."),
    ],
)
def test_what_an_outcome_means_is_said_once_and_only_where_there_is_one(outcome, of_all, explained):
    rows = [row("a", outcome=outcome), row("b", outcome=outcome), row("c")]
    for view in (to_text, to_markdown, Verdict._repr_html_):
        assert view(verdict(of_all, rows)).count(explained) == 1
        assert explained not in view(verdict(rows=[row("b"), row("c")]))


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ((1, 2), "logs 1 and 2 as one"),
        ((1, 2, 3), "logs 1-3 as one"),
        ((1, 3, 4, 5, 9), "logs 1, 3-5 and 9 as one"),
    ],
)
def test_logs_as_one_are_named_by_their_numbers(members, name):
    rows = [row(f"run {n}") for n in range(1, 10)]
    one = verdict("differs", rows, joint=(joint(members, 0.0001, True, "together, they are off"),))
    assert one.joint[0].name == name
    said = f"L{name[1:]}: DIFFERS, p = 0.0001; together, they are off (training curve p = 0.5; test curve"
    for view in (str, to_markdown, Verdict._repr_html_):
        assert said in " ".join(view(one).split())


def test_what_could_not_be_read_is_said_by_all_views():
    one = verdict("undecided", refused=(Refused("b.txt:3", "epoch 5 where epoch 3 is due"),))
    for view in (str, to_markdown, Verdict._repr_html_):
        assert "Not read: b.txt:3: epoch 5 where epoch 3 is due" in view(one)


@pytest.mark.parametrize(
    ("p", "text"),
    [(1.0, "p = 1"), (0.2345, "p = 0.23"), (0.0025, "p = 0.0025"), (0.0001, "p = 0.0001"),
     (0.00009, "p < 0.0001"), (0.0, "p < 0.0001")],
)  # fmt: skip
def test_p_as_it_is_printed(p, text):
    one = verdict("differs", [row(p=p, outcome="differs")])
    assert one.rows[0].p_text == one.rows[0].curves[1].p_text == text
    for view in ("text", "junit"):  # in JUnit the text is escaped once
        assert text.replace("<", "&lt;" if view == "junit" else "<") in VIEWS[view](one)
    assert tables(to_markdown(one))[0][2][2] == text.removeprefix("p = ").replace("p <", "&#60;")


@pytest.mark.parametrize("name", HAND_MADE)
def test_json_holds_all_values_and_is_as_its_schema_says(name):
    first = HAND_MADE[name]
    text = to_json(first)
    content = json.loads(text)
    JSON.validate(content)
    assert content.pop("format") == "dropout_gluon verdict 2"
    assert text == json.dumps(json.loads(text), indent=1) + "\n"

    def curves(listed):
        return tuple(Curve(**{**one, "fits": tuple(one["fits"])}) for one in listed)

    made = {
        "rows": tuple(
            Row(
                **{
                    **one,
                    "epochs": tuple(EpochRecord(**epoch) for epoch in one["epochs"]),
                    "curves": curves(one["curves"]),
                    "sets": tuple(map(tuple, one["sets"])),
                    "remarks": tuple(one["remarks"]),
                    "bands": tuple(Band(**band) for band in one["bands"]),
                }
            )
            for one in content["rows"]
        ),
        "joint": tuple(
            Joint(**{**one, "members": tuple(one["members"]), "curves": curves(one["curves"])})
            for one in content["joint"]
        ),
        "refused": tuple(Refused(**one) for one in content["refused"]),
        "notes": tuple(content["notes"]),
    }
    assert Verdict(**{**content, **made}) == first


@pytest.mark.parametrize("name", ["mixed-1.ipynb", "chapter-notes.md", "port-loss-scale.txt", "pair.txt"])
def test_json_of_real_files_is_as_its_schema_says(name):
    JSON.validate(json.loads(to_json(compare(REAL / name))))


def test_the_schema_refuses_what_is_not_a_verdict():
    Draft202012Validator.check_schema(JSON.schema)
    good = json.loads(to_json(notebook(3)))
    assert JSON.is_valid(good)
    log, as_one = good["rows"][0], good["joint"][0]
    curves, band = log["curves"], log["bands"][0]
    wrong = [
        (good, "format", "dropout_gluon verdict 1"), (good, "p", 1.5), (good, "p", "0.5"), (good, "more", 1),
        (good, "rows", []), (good, "outcome", "cut short"), (good, "power", -0.1), (good, "level", 0),
        (log, "cell", "3"), (log, "outcome", "DIFFERS"), (log, "word", "was"), (log, "sets", [["lr"]]),
        (log, "curves", curves[::-1]), (log, "split", "other"), (log, "epochs", []), (log, "more", 1),
        (band, "column", "test acc"), (curves[1], "fits", ["other"]), (as_one, "members", [1]),
        (as_one, "members", [0, 1]), (as_one, "more", 1),
    ]  # fmt: skip
    for part, field, value in wrong:
        before = part.get(field)
        part[field] = value
        assert not JSON.is_valid(good), (field, value)
        part[field] = before
        if field == "more":
            del part[field]
    for field in good:
        lacking = deepcopy(good)
        del lacking[field]
        assert not JSON.is_valid(lacking), field
    assert JSON.is_valid(good)


def test_json_has_no_nan():
    with pytest.raises(ValueError, match="JSON"):
        to_json(verdict(power=float("nan")))


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


def as_shown(markdown):
    """A cell as a reader sees it."""
    return re.sub(r"&#(\d+);", lambda code: chr(int(code[1])), markdown)


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("source", ["log.txt:1", UGLY])
def test_markdown_has_its_tables_whatever_the_source(outcome, source):
    one = verdict(outcome)
    log = replace(one.rows[0], source=source, heading=source, remarks=(source, "so"))
    text = to_markdown(replace(one, rows=(log,), notes=(source,)))
    logs, bands = tables(text)
    assert logs[0] == ["log", "below", "epochs", "p", "outcome", "what is said of it"]
    assert [len(cells) for cells in logs] == [6] * 3  # header, rule, log
    assert [len(cells) for cells in bands] == [4] * 4  # header, rule, two epochs
    assert bands[0] == ["epoch", "loss", "train acc", "test acc"]
    assert logs[2][4] == ("**DIFFERS**" if outcome == "differs" else outcome)
    assert as_shown(logs[2][5]).split("<br>")[-1] == "so"
    assert bands[2][0] == "1"
    assert as_shown(bands[2][3]) == (
        "**0.5700 [0.5850, 0.6150] low**" if outcome == "differs" else "0.6075 [0.5850, 0.6150]"
    )
    assert text.startswith(f"### {outcome.upper()}")
    assert text.count("<details><summary>") == text.count("</details>") == 1
    # A blank line ends the HTML, so that the table in it is one.
    assert "</summary>\n\n| epoch" in text
    assert text.endswith("|\n\n</details>\n")


def test_markdown_of_several_logs_has_a_row_and_a_fold_each():
    text = to_markdown(notebook(5))
    logs, *bands = tables(text)
    assert "\n\nnb.ipynb: 5 logs, ranked among 200 recorded runs of the reshuffled split:\n\n|" in text
    assert [cells[:2] for cells in logs[2:]] == [[str(n), f"cell {2 * n + 1}"] for n in range(1, 6)]
    assert [len(one) - 2 for one in bands] == [2, 2, 1, 3, 10]
    assert re.findall("<summary>([^,]*), ", text) == [cells[0] + ": " + cells[1] for cells in logs[2:]]


def test_pages_of_many_logs_have_folds_for_the_most_unusual_alone():
    rows = [row(f"log {n}", p=0.0005 if n in (3, 29) else 0.5 + n / 100) for n in range(1, 31)]
    one = verdict(rows=rows)
    expected = [*range(1, 20), 29]
    for text in (to_markdown(one), one._repr_html_()):
        assert [int(n) for n in re.findall(r"<summary>(\d+): log \d+, ", text)] == expected
        assert "log 30" in text
    assert "Epoch by epoch the 20 most unusual logs" in one._repr_html_()
    assert "the 20 most unusual" not in notebook(20)._repr_html_()


def test_markdown_takes_nothing_in_a_source_for_markup():
    def made(name):
        log = row(name, heading=name, remarks=(name,), sets=((name, name),))
        return to_markdown(verdict(rows=[log], notes=(name,), refused=(Refused(name, name),)))

    text = made(UGLY)
    assert text.replace("\n", "").isprintable()
    assert text.count("\n") == made("a").count("\n")
    plain = re.sub(r"</?(details|summary)>|<br>|^\|.*\|$|^### ", "", text, flags=re.MULTILINE)
    assert not set(plain) & set("`<>*_[]\\~|")
    cells = tables(text)[0][2]
    assert [as_shown(cell) for cell in cells[:2]] == [SHOWN, SHOWN]
    assert not set("".join(cells).replace("<br>", "")) & set("`<>*_[]\\~")


def cases(one):
    """The test cases of the JUnit view, after its schema has accepted it."""
    text = to_junit(one)
    JUNIT.validate(text)
    assert text.isascii()
    root = ET.fromstring(text)
    (suite,) = root
    assert root.tag == "testsuites"
    assert suite.get("name") == "dropout_gluon compare"
    found = suite.findall("testcase")
    for element in (root, suite):
        assert element.get("tests") == str(len(found))
        assert element.get("failures") == str(len(suite.findall("testcase/failure")))
        assert element.get("errors") == str(len(suite.findall("testcase/error")))
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    assert suite.find("system-out").text == to_text(one)
    assert len({case.get("name") for case in found}) == len(found)  # else servers show one of them
    return found


def became(case):
    return [child.tag for child in case]


def test_junit_has_a_case_a_log_and_one_for_each_answer_and_each_refusal():
    one = replace(notebook(5), refused=(Refused("b.txt:3", "no epochs"),))
    found = cases(one)
    assert {case.get("classname") for case in found} == {"dropout_gluon.compare"}
    assert [(case.get("name").partition(" (")[0], became(case)) for case in found] == [
        ("log 1: nb.ipynb, cell 3", []),
        ("log 2: nb.ipynb, cell 5", ["failure"]),
        ("log 3: nb.ipynb, cell 7", ["skipped"]),
        ("log 4: nb.ipynb, cell 9", ["skipped"]),
        ("log 5: nb.ipynb, cell 11", []),
        ("logs 1 and 3-5 as one", []),
        ("not read: b.txt:3", ["error"]),
    ]
    assert found[0].get("name") == "log 1: nb.ipynb, cell 3 (Drop probabilities 0.5 and 0.2)"
    assert found[1][0].get("message") == (
        "p = 0.0005: test accuracy is lower than in any of the 600 recorded runs at every epoch; "
        "is a run with this: probabilities swapped"
    )
    assert found[1][0].text == "training curve p = 0.61; test curve p = 0.0005, fits neither split"
    assert found[3][0].get("message") == "cut short; p = 0.23; ended in an error: KeyboardInterrupt"
    assert found[6][0].get("message") == "no epochs"


def test_junit_of_logs_that_differ_as_one():
    logs = [row("a"), row("b")]
    *_, last = cases(verdict("differs", logs, joint=(joint(p=0.001, differs=True, reason="they are off"),)))
    assert became(last) == ["failure"]
    assert last[0].get("message") == "logs 1 and 2 as one: DIFFERS, p = 0.001; they are off"


def test_junit_of_logs_on_which_nothing_was_decided_has_no_case_that_passes():
    logs = [row("a", outcome="undecided"), row("a", outcome="undecided")]
    for outcome, rows in (
        ("undecided", logs),
        ("undecided", [replace(one, outcome="as one") for one in logs]),
    ):
        one = verdict(outcome, rows, joint=(joint(),))
        assert [became(case) for case in cases(one)] == [["skipped"]] * 3
        assert cases(one)[2][0].get("message") == one.headline


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_junit_is_xml_whatever_the_source(outcome):
    every = "".join(map(chr, [*range(0x250), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF]))
    sources = [every[start : start + 13] for start in range(0, len(every), 13)]
    for source in [UGLY, *sources]:
        log = row(source, outcome=outcome, heading=source, remarks=(source,))
        one = verdict(outcome, [log], notes=(source,), refused=(Refused(source, source),))
        name = printable(source)
        first, last = cases(one)
        assert first.get("name") == f"log 1: {name} ({name})"
        assert (last.get("name"), last[0].get("message")) == (f"not read: {name}", name)


def test_the_schema_refuses_what_is_not_junit():
    text = to_junit(verdict("differs"))
    for wrong in (text.replace("failures=", "failed="), text.replace("<failure", "<fault")):
        assert JUNIT.is_valid(text)
        assert not JUNIT.is_valid(wrong.replace("</failure", "</fault") if "<fault" in wrong else wrong)


def test_text_needs_no_matplotlib():
    code = "import sys, dropout_gluon.verdict.views; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
