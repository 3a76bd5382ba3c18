"""README.md and README.zh-CN.md: the same commands, numbers, names and links, section by section."""

import ast
import re
import shlex

import pytest
from fresh import printed
from places import ROOT

import dropout_gluon
from dropout_gluon.cli.main import build_parser
from dropout_gluon.config import RunConfig
from dropout_gluon.logs import EpochRecord, RunLog, documented_log
from dropout_gluon.runs.store import RunStore
from dropout_gluon.verdict.references import load_ranks

ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
NUMBER = re.compile(r"\d+(?:\.\d+)*%?")
EACH_OTHER = {ENGLISH.name, CHINESE.name}


def sections(path):
    return re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def blocks(section):
    """What a reader copies: the code blocks, their comments apart, which are in the reader's language."""
    return [
        (language, [re.split(r"\s+# ", line)[0].rstrip() for line in content.splitlines()])
        for language, content in FENCE.findall(section)
    ]


def comments(section):
    return [re.findall(r"\s# (.*)", content) for _, content in FENCE.findall(section)]


def said(section):
    """What a section's prose names: links, code, numbers. Their order is the language's own."""
    prose = FENCE.sub("", section)
    links = [link for link in LINK.findall(prose) if link not in EACH_OTHER]
    prose = LINK.sub("]", prose)
    code = CODE.findall(prose)
    return {
        "links": sorted(links),
        "code": sorted(" ".join(name.split()) for name in code),
        "numbers": sorted(NUMBER.findall(CODE.sub("", prose))),
    }


ENGLISH_SECTIONS, CHINESE_SECTIONS = sections(ENGLISH), sections(CHINESE)


def test_both_have_the_same_sections():
    assert len(ENGLISH_SECTIONS) == len(CHINESE_SECTIONS) > 4


@pytest.mark.parametrize("number", range(len(ENGLISH_SECTIONS)))
def test_both_say_the_same(number):
    english, chinese = ENGLISH_SECTIONS[number], CHINESE_SECTIONS[number]
    assert blocks(english) == blocks(chinese)
    assert said(english) == said(chinese)
    for ours, theirs in zip(comments(english), comments(chinese)):
        assert len(ours) == len(theirs)
        assert [sorted(map(str, NUMBER.findall(line))) for line in ours] == [
            sorted(map(str, NUMBER.findall(line))) for line in theirs
        ]


def test_the_chinese_page_is_chinese():
    """No paragraph was left as it was in English."""
    prose = FENCE.sub("", CHINESE.read_text(encoding="utf-8"))
    paragraphs = [text for text in prose.split("\n\n") if len(text) > 60]
    assert len(paragraphs) > 10
    for paragraph in paragraphs:
        assert re.search("[\u4e00-\u9fff]", paragraph), paragraph


@pytest.mark.parametrize("path", [ENGLISH, CHINESE], ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    links = LINK.findall(path.read_text(encoding="utf-8"))
    assert len(links) > 10
    for link in links:
        assert (ROOT / link).exists(), link


def test_make_knows_what_is_named():
    text = ENGLISH.read_text(encoding="utf-8")
    copied = [content for _, content in FENCE.findall(text)] + CODE.findall(FENCE.sub("", text))
    named = set(re.findall(r"^make ([a-z]+)", "\n".join(copied), re.MULTILINE))
    rules = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"reproduce", "test", "book"} <= named
    assert named - rules == set()


def test_the_command_takes_what_is_named():
    text = ENGLISH.read_text(encoding="utf-8")
    named = re.findall(r"^(?:\$ |\| `)dropout-gluon ([^`\n]+)", text, re.MULTILINE)
    assert len(named) == 6
    for line in named:
        build_parser().parse_args(shlex.split(line.replace(" F…", " notes.txt").replace(" N", " 1")))


def script(number, *changes):
    """A Python block of the README, with changes; each must be of something in it."""
    text = [content for language, content in FENCE.findall(ENGLISH.read_text()) if language == "python"][
        number
    ]
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


@pytest.mark.data
def test_the_training_block_is_a_script_that_prints_its_verdict():
    """Of an epoch and of two, in place of ten each."""
    said = printed(script(0, ("loss, 10, 256", "loss, 1, 256"), ("seed=3)", "seed=3, num_epochs=2)")))
    assert [line.split(",")[0] for line in said.splitlines()[:3]] == ["epoch 1", "epoch 1", "epoch 2"]
    assert re.search(r"^(MATCHES|DIFFERS|UNDECIDED)[^)]* level 0.01\)$", said, re.MULTILINE)
    assert "  training curve  p " in said


def test_the_block_of_assertions_is_a_script_that_passes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/train.txt").write_text("".join(f"{epoch}\n" for epoch in documented_log("gluon")))
    for name, runs in (("new.jsonl", slice(0, 1)), ("baseline.jsonl", slice(1, 61))):
        with RunStore(tmp_path / name) as opened:
            for seed, values in enumerate(load_ranks("reshuffled").values[runs]):
                epochs = (EpochRecord(n, *map(float, row)) for n, row in enumerate(values, 1))
                opened.append(RunLog(RunConfig(seed=seed), tuple(epochs)))
    assert printed(f"import dropout_gluon as gb\n{script(1)}") == ""


def test_the_python_blocks_use_names_that_are_there():
    found = FENCE.findall(ENGLISH.read_text(encoding="utf-8"))
    tree = ast.parse("".join(content for language, content in found if language == "python"))
    named = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "gb"
    }
    assert len(named) > 5
    assert named <= set(dir(dropout_gluon))
