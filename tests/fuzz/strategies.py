"""Logs as people have them and as accidents leave them: the book's lines, runs, notebooks, stores, changed.

What is drawn begins as something good, so that most of it reaches deep into the reader, and is changed in a
few places: a character, a line, a field. A draw costs Hypothesis more than reading a log, so what is good
comes out of pools, made once.
"""

from __future__ import annotations

import copy
import json
import random
import re
import zlib

from hypothesis import strategies as st

from dropout_gluon.config import (
    IMPLEMENTATIONS,
    LABELS,
    LARGEST,
    MEASUREMENTS,
    NOISES,
    SPLITS,
    RunConfig,
)
from dropout_gluon.logs import FORMAT, EpochRecord, RunLog, documented_log
from dropout_gluon.runs.store import CHECK, to_line

POOL = 40

# Texts

# Characters and pieces that mean something to a reader, or to a terminal.
NOISE = st.sampled_from([
    "\x1b[2K\x1b[34m", "\x1b[0m", "\x1b[", "\x1b", "50%|##  |\r", "2019-03-01 12:00:01 INFO ", "[INFO] ",
    "{", "[", '{"', "}", '",', "\\n", "\\", "\0", "\ufeff", "\u2028", "\x85", "\x0b", "\x1c", "é", "\xa0",
    "epoch", "epoch 3", "epoch 3, lo", "epoch 3, loss", "loss 0.5", "test acc 0.8", ", time 3.2 sec",
    "training loss of epoch 3 is nan at learning rate 0.5: training has diverged", "\ud800", "\udc80",
    "# ", "💥", "# A heading\n", "=====", "```", "Epoch 3/5", "轮", "\b\b\b", "\r", "%", "loss,acc,val_acc\n",
    "<html>", "<pre>", "</pre>", "<div class='cell'>", "&#65;", "<!--", "Traceback (most recent call last)",
]) | st.text(max_size=3)  # fmt: skip
SEPARATORS = st.sampled_from(["\n", "\n", "\n", "\r\n", "", "\\n", " ", "\r", "\n\n", "\x0c", "\u2028"])
ODD_NUMBERS = [
    "nan", "-NaN", "inf", "-Infinity", "1e9999", "1e-9999", "1e99999", "-0.0", "1.7e308", "5e-324", "1_000",
    "0x1p3", "12%", "12 %", "1,5", ".", "-", "+.5", "5.", "1..2", "1.2.3", "1e", "1e+", "1e1.5", "--1", "x",
    "", "True", "\u0661", "\uff11.\uff15", "²", "½",
    "9" * 400, "9" * 5000, "0." + "3" * 400, "0." + "0" * 330 + "1",
]  # fmt: skip
NUMBERS = st.sampled_from(ODD_NUMBERS) | st.floats().map(repr)
ODD_EPOCHS = st.sampled_from(
    [
        "-1",
        "0",
        "2",
        "3",
        "11",
        "01",
        "1/10",
        "1.",
        "+1",
        "1.0",
        "1_0",
        "\u0663",
        "²",
        "",
        "1000000000",
        "9" * 5000,
    ]
)
ODD_TEMPLATES = st.sampled_from([
    "EPOCH {}, Loss {}, TRAIN acc {}, Test ACC {}",
    "epoch\t{} ,\tloss  {} ,  train\xa0acc {}\t, test acc\t{}",
    "epoch {}, loss {}, train acc {}, test acc {}, time 3.2 sec",
    "epoch {}, loss {}, train acc {}, test acc {}%",
    "epoch {}, loss {}, train acc {}",
    "epoch {}, loss {}",
    "epoch {}, loss {}\ntrain acc {}, test acc {}",
    "epoch {}, train loss {}, train acc {}, test acc {}",
    "epoch {},loss {},train acc {},test acc {}",
    "epoch {}. loss: {}, train_acc={}, test_acc={}",
    "epoch: {} train loss: {} train acc: {}% test acc: {}%",
    "Epoch {}/5\n235/235 [==] - 1s - loss: {} - accuracy: {} - val_accuracy: {}",
    "Epoch {}/5\r1/235 - loss: {} - acc: {}\r235/235 - loss: 1 - acc: 1 - val_acc: {}",
    "epoch,loss,train_acc,test_acc\n{},{},{},{}",
    "{},{},{},{}",
    "loss;acc;val_acc;lr\n{};{};{};{}",
    "\u7b2c {} \u8f6e\uff0closs\uff1a{}\uff0ctrain acc\uff1a{}\uff0ctest acc\uff1a{}",
    "loss {1}, train acc {2}, test acc {3} in epoch {0}",
    "epoch {0} batch 3 loss {1} acc {2}",
    "<pre>epoch {}, loss {}, train acc {}, test acc {}</pre>",
    "{} {}",
])  # fmt: skip


@st.composite
def _line(draw):
    """A line of the book's in which one thing is odd."""
    template, values = "epoch {}, loss {}, train acc {}, test acc {}", ["1", "1.2070", "0.534", "0.769"]
    place = draw(st.integers(0, 5))
    if place > 3:
        template = draw(ODD_TEMPLATES)
    else:
        values[place] = draw(NUMBERS if place else ODD_EPOCHS)
    return template.format(*values)


LINES = _line()


def records(values):
    """An EpochRecord for each three of loss, training accuracy, test accuracy."""
    return tuple(EpochRecord(epoch, *three) for epoch, three in enumerate(values, 1))


def printed(curve, digits=(4, 3, 3)):
    """A line an epoch, as the book's loop prints them, or with other digits."""
    loss, train_acc, test_acc = digits
    return [
        f"epoch {e.epoch}, loss {e.loss:.{loss}f}, train acc {e.train_acc:.{train_acc}f}, "
        f"test acc {e.test_acc:.{test_acc}f}"
        for e in curve
    ]


def _curve(rng, epochs):
    """The beginning of one that the book prints, now and then with values that are anything."""
    curve = [[e.loss, e.train_acc, e.test_acc] for e in documented_log(rng.choice(IMPLEMENTATIONS))]
    curve = (curve + curve[-3:])[:epochs]
    for _ in range(rng.choice([0, 0, 1, 2])):
        three = rng.choice(curve)
        three[rng.randrange(3)] = rng.choice([0.0, 1.0, rng.random(), 5e-324])
        three[0] = rng.choice([three[0], 1.7e308, rng.expovariate(1)])
    return records(curve)


_rng = random.Random(0)
GOOD = [_curve(_rng, _rng.choice([1, 2, 3, 10, 11])) for _ in range(POOL)]
DIGITS = st.just((4, 3, 3)) | st.tuples(*[st.integers(0, 20)] * 3)
PRINTED = st.builds(lambda curve, digits: "\n".join(printed(curve, digits)), st.sampled_from(GOOD), DIGITS)


EDITS = {
    "cut": lambda before, middle, behind, piece: before,
    "drop": lambda before, middle, behind, piece: before + behind,
    "repeat": lambda before, middle, behind, piece: before + middle + middle + behind,
    "many": lambda before, middle, behind, piece: before + middle[:1] * 3000 + middle + behind,
    "insert": lambda before, middle, behind, piece: before + piece + middle + behind,
    "replace": lambda before, middle, behind, piece: before + piece + behind,
    "swap": lambda before, middle, behind, piece: behind + middle + before,
}


@st.composite
def edited(draw, strategy, pieces):
    """Text or bytes, cut, repeated, glued, something else put in, in a few places."""
    content = draw(strategy)
    for edit in draw(st.lists(st.sampled_from(list(EDITS)), max_size=2)):
        piece = draw(pieces) if edit in ("insert", "replace") else None
        i = draw(st.integers(0, len(content)))
        j = i + draw(st.sampled_from([1, 2, 10, 60, 300]))
        content = EDITS[edit](content[:i], content[i:j], content[j:], piece)
    return content


TEXTS = edited(
    st.lists(st.tuples(st.one_of(PRINTED, LINES, NOISE), SEPARATORS), min_size=1, max_size=4).map(
        lambda pieces: "".join(piece for pair in pieces for piece in pair)
    ),
    NOISE,
)

# JSON. What json.dumps does not write is marked, and put in as text.

MARKS = {"@huge@": "9" * 5000, "@large@": "9" * 400, "@nan@": "NaN", "@inf@": "-Infinity", "@e@": "1e999"}
DEEP = re.compile(r'"@deep (\d+)@"')
ODD_VALUES = st.one_of(
    st.sampled_from(
        [None, True, False, 0, -1, 2**31, 2**63, 0.5, -0.0, 1e300, "", "1", [], {}, [[]], [1, 2]]
    ),
    st.sampled_from([*MARKS, {"a\nb": 1}, {"x" * 2000: []}]),
    st.sampled_from(["a\nb", "a\rb\x1b[31m\u2028", "\ud800", "\udc80", "x" * 2000, "\0", FORMAT, "gluon"]),
    st.sampled_from([50, 300, 10**5]).map("@deep {}@".format),
    st.integers(800, 1000).map("@deep {}@".format),
    st.floats() | st.integers() | st.integers(1, 11) | st.text(max_size=5),
)
NEW_NAMES = st.sampled_from(
    ["a\nb", "x" * 2000, "digest", "crc32", "cells", "worksheets", "seed", "\ud800", "", "data"]
)


def dumped(tree, **layout):
    """The tree as JSON, what is marked put in."""
    text = json.dumps(tree, **layout)
    if "@" in text:
        for mark, number in MARKS.items():
            text = text.replace(f'"{mark}"', number)
        text = DEEP.sub(lambda found: "[" * int(found[1]) + "]" * int(found[1]), text)
    return text


@st.composite
def changed(draw, texts):
    """JSON, given as text, as a tree whose fields are changed in a few places."""

    def odd():
        return copy.deepcopy(draw(ODD_VALUES))  # as it may be changed in its turn

    tree = json.loads(draw(texts))
    for _ in range(draw(st.sampled_from([1, 1, 1, 0, 2]))):
        parent, place, node = None, None, tree
        while isinstance(node, (dict, list)) and node and (parent is None or draw(st.integers(0, 3))):
            place = draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
            parent, node = node, node[place]
        if parent is None:
            continue
        kind = draw(st.sampled_from(["replace", "remove", "replace", "rename", "add"]))
        if kind == "replace":
            parent[place] = odd()
        elif kind == "add" and isinstance(parent, list):
            parent.insert(place, odd())
        elif kind == "add":
            parent[draw(NEW_NAMES)] = odd()
        else:
            del parent[place]
            if kind == "rename" and isinstance(parent, dict):
                parent[draw(NEW_NAMES)] = node
    return tree


LAYOUTS = st.sampled_from([{"separators": (",", ":")}, {"indent": 1}, {}, {"ensure_ascii": False}])


def as_json(texts):
    """JSON, given as text, changed or not, in some layout."""
    return st.builds(lambda tree, layout: dumped(tree, **layout), changed(texts), LAYOUTS)


# Runs


def _run(rng):
    """As `run` makes them, and such that failed."""
    curve = rng.choice(GOOD)
    implementation = rng.choice(IMPLEMENTATIONS)
    config = RunConfig(
        implementation=implementation, split=rng.choice(SPLITS), seed=rng.randrange(9), num_epochs=len(curve),
        drop_probs=rng.choice([(0.2, 0.5), (0, 1 - (implementation == "gluon") / 8), (0.1 + 0.2, 1 / 3)]),
    )  # fmt: skip
    data = rng.choice([{}, {"release": "2017-08-26"}, {"release": "2017-08-31", "digests": {"a": "é"}}])
    environment = rng.choice([{}, {"numpy": "1.23.5", "threads": "1"}, {"numpy": "2.0"}])
    return RunLog(config, curve, data, environment, rng.random(), rng.choice([""] * 9 + ["diverged\nwidely"]))


RUNS = [_run(_rng) for _ in range(POOL)]
RUN_TEXTS = st.sampled_from([run.to_json() for run in RUNS])

WHOLE = st.integers(1, 10**6)
UNITS = st.integers(1, 10**5)


@st.composite
def _configs(draw):
    """Configurations that are taken, whose values go together."""
    sizes = draw(st.lists(st.integers(1, 1000), max_size=4) | st.lists(UNITS, max_size=1))
    noise = draw(st.sampled_from(NOISES))
    implementation = draw(st.sampled_from(IMPLEMENTATIONS if noise in ("dropout", "none") else ["scratch"]))
    most = 0.999 if implementation == "gluon" or noise in ("gaussian", "three-point") else 1
    probs = draw(st.lists(st.floats(0, most), min_size=len(sizes), max_size=len(sizes)))
    stretch = st.floats(1, 2)
    gammas = (
        [draw(stretch) / (1 - p) for p in probs] if noise == "three-point" and draw(st.booleans()) else []
    )
    batch_size = draw(st.integers(1, 60_000))
    return RunConfig(
        implementation=implementation,
        hidden_sizes=sizes,
        drop_probs=probs,
        learning_rate=draw(st.floats(0, LARGEST, exclude_min=True)),
        batch_size=batch_size,
        num_epochs=draw(WHOLE),
        sigma=draw(st.floats(0, LARGEST)),
        split=draw(st.sampled_from(SPLITS)),
        seed=draw(st.integers(0, 2**31 - 1)),
        noise=noise,
        gammas=gammas,
        weight_decay=draw(st.floats(0, LARGEST)),
        labels=draw(st.sampled_from(LABELS)),
        num_train=draw(st.integers(max(10, batch_size), 60_000)),
        measure=draw(st.lists(st.sampled_from([*MEASUREMENTS, "module.part:function"]), max_size=3)),
    )


CONFIGS = _configs()
ACCURACIES = st.floats(0, 1) | st.integers(0, 10_000).map(lambda hits: hits / 10_000)
CURVES = st.lists(st.tuples(st.floats(0, allow_infinity=False), ACCURACIES, ACCURACIES), max_size=4).map(
    records
)
PLAIN = st.text(max_size=4)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | PLAIN,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(PLAIN, inner, max_size=2),
    max_leaves=4,
)
DATA = st.dictionaries(PLAIN, JSON_VALUES, max_size=2)
LOGS = st.builds(RunLog, CONFIGS, CURVES, DATA, DATA, st.floats(0, 1e9), PLAIN)

# Stores


def checked(body):
    """The body of a store's line, with a check sum that is right."""
    return body + CHECK + b'%08x"}\n' % zlib.crc32(body)


PIECES = st.binary(max_size=4) | st.sampled_from(
    [
        b"\n",
        b"\0" * 300,
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b'"',
        b"}",
        b"{}\n",
        b"# A page\n",
        b"\r\n",
        b',"crc32":"',
    ]
)
STORED = st.sampled_from([to_line(run) for run in RUNS])
STORE_LINES = st.one_of(
    STORED, STORED, edited(STORED, PIECES), TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))
)
STORES = edited(st.lists(STORE_LINES, min_size=1, max_size=3).map(b"".join), PIECES)
# Lines of another program that knows the check sum, or of a version to come.
FORGED = changed(STORED.map(lambda line: line.decode())).map(
    lambda tree: checked(
        dumped({**tree, "digest": tree.get("digest", "")}, separators=(",", ":")).encode()[:-1]
    )
)

# Notebooks

SHOWN = st.one_of(PRINTED, PRINTED.map(lambda text: text.splitlines(keepends=True)), TEXTS)
OUTPUTS = st.builds(
    lambda make, text: make(text),
    st.sampled_from(
        [
            lambda text: {"output_type": "stream", "name": "stdout", "text": text},
            lambda text: {"output_type": "stream", "stream": "stderr", "text": text},
            lambda text: {"output_type": "stream", "text": text},
            lambda text: {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}},
            lambda text: {"output_type": "execute_result", "data": {"text/html": text}, "execution_count": 1},
            lambda text: {"output_type": "pyout", "text": text},
            lambda text: {"output_type": "error", "evalue": text, "traceback": [], "ename": "KeyError"},
        ]
    ),
    SHOWN,
)
SOURCES = st.sampled_from([
    "", "", "drop_prob1, drop_prob2 = 0.5, 0.2", ["lr = 0.1\n", "batch_size = num_epochs = 3"], "# Dropout",
    "%time\nsigma = 1e999", "lr = " + "-" * 999 + "1", "lr = " + "[" * 400, "num_hiddens = \x00", 3, None,
]) | NOISE.map("lr = 1\n# {}".format)  # fmt: skip
CELLS = st.builds(
    lambda kind, source, outputs: {"cell_type": kind, "source": source, "outputs": outputs},
    st.sampled_from(["code", "code", "code", "raw", "markdown"]),
    SOURCES,
    st.lists(OUTPUTS, max_size=2),
)
NOTEBOOK_TEXTS = st.builds(
    lambda cells, make: json.dumps(make(cells)),
    st.lists(CELLS, max_size=3),
    st.sampled_from(
        [
            lambda cells: {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
            lambda cells: {"nbformat": 3, "worksheets": [{"cells": cells}]},
            lambda cells: {"nbformat": 3, "worksheets": [{"cells": [cell]} for cell in cells]},
        ]
    ),
)
NOTEBOOKS = as_json(NOTEBOOK_TEXTS)

# Pages

PAGE_PIECES = st.one_of(
    st.sampled_from([
        "<h1>A heading</h1>\n", '<div class="cell text_cell">', '<div class="jp-Cell jp-CodeCell">',
        '<div class="input">', '<div class="output_area">', "<script>", "</script>", "<pre", "<pre><pre>",
        "<pre>lr = 0.1</pre>", "<pre>Traceback (most recent call last)\nE: x</pre>", "<!-- ",
        "&lt;", "&#x1F4A5;",
    ]),
    TEXTS.map("<pre>{}</pre>".format),
    PRINTED.map("<pre>{}</pre>\n".format),
    NOISE,
)  # fmt: skip
PAGES = edited(st.lists(PAGE_PIECES, max_size=6).map(lambda pieces: "<html>" + "".join(pieces)), NOISE)

# Files

OTHER_JSON = as_json(
    st.sampled_from(["[1, 2]", '{"loss": 1, "epoch": 2}', '{"format": "dropout_gluon run 2"}', "{}"])
)
JSONS = st.lists(
    st.one_of(as_json(RUN_TEXTS), RUN_TEXTS, NOTEBOOKS, TEXTS, OTHER_JSON), min_size=1, max_size=3
).map("\n".join)
ENCODINGS = st.sampled_from(
    ["utf-8"] * 5 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "gbk"]
)


def encoded(texts):
    """The texts as bytes; what an encoding lacks becomes a question mark."""
    return st.builds(lambda text, encoding: text.encode(encoding, "replace"), texts, ENCODINGS)


FILES = edited(
    st.one_of(
        encoded(TEXTS), encoded(PAGES), encoded(JSONS), encoded(NOTEBOOKS), STORES, st.binary(max_size=60)
    ),
    PIECES,
)
