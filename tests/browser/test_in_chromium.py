"""Every notebook, run in JupyterLab in Chromium: it ends without an error, and what it shows can be read.

In both themes, in a window of 900 pixels, of which the file browser leaves 450 to an output, and in a wide
one. The screenshots are for eyes: what is ugly no assertion finds.
"""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from lab import THEMES, Page, chromium, jupyter_lab
from PIL import Image
from places import ROOT
from selenium.webdriver.common.by import By

from dropout_gluon.plotting import DPI

NOTEBOOKS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
LOOKS = Path(__file__).with_name("looks.js").read_text()
PYPLOT_DPI = 100
WIDTHS = (900, 1300)  # pixels of the window
# How many figures, tables and verdicts there are at least.
SHOWS = {"dropout": (5, 4, 2), "exercises": (1, 3, 0), "your-own-log": (2, 2, 2)}
SMALLEST = 9.0  # pixels of text; that of figures has 10 points or more
PROSE = re.compile(r"[a-z]{2,}\W+[a-z]{2,}\W+[a-z]{2,}")
CONTRAST = 4.5  # that WCAG 2 asks of text


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with jupyter_lab(tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="module")
def shots(request):
    folder = ROOT / request.config.getoption("--browser")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module", params=NOTEBOOKS)
def opened(request, address, shots, tmp_path_factory):
    """A notebook as it is saved, which JupyterLab does not trust yet, in a narrow window."""
    # A browser each: one would ask whether to leave a notebook that was run.
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        page = Page(driver, address, request.param)
        page.show("light", WIDTHS[0])
        driver.save_screenshot(str(shots / f"{page.name}-opened.png"))
        page.first = driver.execute_script(LOOKS)
        yield page


@pytest.fixture(scope="module")
def cells(opened):
    """Its cells after a run."""
    return opened.run_all()


def test_it_shows_its_outputs_before_it_is_run(opened):
    check(opened.first, opened.name)


def test_it_runs_to_the_end_and_nothing_is_wrong(opened, cells):
    outputs = [output for cell in cells if cell["cell_type"] == "code" for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert not [output["text"] for output in outputs if output.get("name") == "stderr"]
    said = "\n".join("".join(output.get("data", {}).get("text/plain", "")) for output in outputs)
    verdicts = re.findall(r"^(?:\d of \d logs )?(?:MATCHES|DIFFERS)\b", said, re.MULTILINE)
    assert len(verdicts) >= SHOWS[opened.name][2]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_what_it_shows_can_be_read(opened, cells, shots, theme, width):
    opened.show(theme, width)
    opened.driver.save_screenshot(str(shots / f"{opened.name}-{theme}-{width}.png"))
    check(opened.driver.execute_script(LOOKS), opened.name)
    for image in opened.driver.find_elements(By.CSS_SELECTOR, ".dropout-gluon img"):
        pixels = np.asarray(Image.open(io.BytesIO(image.screenshot_as_png)).convert("L"), dtype=float)
        assert (np.median(pixels) > 200) == (theme == "light"), image.get_attribute("alt")
        assert pixels.std() > 10, image.get_attribute("alt")


def check(seen, name):
    assert seen["beyond"] <= 0  # what is wider scrolls by itself, not the notebook
    figures, tables, _ = SHOWS[name]
    assert len(seen["figures"]) >= figures
    assert len({cell["text"] for cell in seen["cells"]}) >= tables
    for text in seen["texts"]:
        assert text["pixels"] >= SMALLEST, text
        assert text["contrast"] >= CONTRAST, text
    for figure in seen["figures"]:
        assert not figure["cut"], figure
        # What the helper draws with pyplot is shown as all of pyplot's: a white card without words.
        assert figure["alt"] or not figure["own"], figure
        dots = DPI if figure["own"] else PYPLOT_DPI
        assert 10 / 72 * dots * figure["wide"] / figure["inside"] >= SMALLEST, figure
    for line in seen["lines"]:
        assert 0 < line["seen"] <= line["written"], line  # more of them would be broken ones
    for cell in seen["cells"]:
        assert not cell["cut"], cell
        assert cell["lines"] <= 4, cell
        assert cell["align"] == "left" or cell["head"] or not PROSE.search(cell["text"]), cell
