"""JupyterLab with a notebook in headless Chromium, as a reader has it open."""

import json
import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

from places import ROOT
from processes import Started, ends
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

HEIGHT = 1000  # pixels of the window, unless a whole notebook is to be seen
SECONDS = 600  # that a notebook may take to run, on a machine that has much else to do
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
# Cells out of sight are otherwise not laid out, and could not be looked at. One notebook reads another, which
# must not be half run then.
SETTINGS = {
    "docmanager-extension/plugin": {"autosave": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false"},
}
APP = "const app = window.jupyterapp, panel = app.shell.currentWidget;"
STATE = f"""{APP}
const kernel = panel?.sessionContext?.session?.kernel;
return panel?.content?.model && {{
    kernel: kernel?.status,
    cells: [...panel.content.model.cells].map(cell => cell.toJSON()),
}};"""


@contextmanager
def jupyter_lab(folder):
    """JupyterLab with copies of the notebooks; its address. Its files are all in the folder."""
    notebooks, log = folder / "notebooks", folder / "jupyter.log"
    shutil.copytree(ROOT / "notebooks", notebooks, ignore=shutil.ignore_patterns(".*"))
    for name, settings in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings))
    own = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    own.update(
        JUPYTERLAB_SETTINGS_DIR="settings", JUPYTERLAB_WORKSPACES_DIR="workspaces", IPYTHONDIR="ipython"
    )
    environment = {**os.environ, **{name: str(folder / place) for name, place in own.items()}}
    environment.pop("PYTHONWARNINGS", None)  # a reader has none, and is to see what there is to be seen
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/lab"
    options = {
        "ServerApp.port": port, "ServerApp.port_retries": 0, "ServerApp.open_browser": False,
        "ServerApp.root_dir": notebooks, "IdentityProvider.token": "''", "ServerApp.allow_root": True,
        "LabApp.expose_app_in_browser": True,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }  # fmt: skip
    arguments = [f"--{name}={value}" for name, value in options.items()]
    with (
        open(log, "wb") as file,
        Started(
            [sys.executable, "-m", "jupyterlab", *arguments], stdout=file, stderr=file, env=environment
        ) as server,
    ):
        assert ends(lambda: server.poll() is not None or answers(address)), log.read_text()
        assert server.poll() is None, log.read_text()
        yield address
        server.terminate()  # which ends its kernels
        ends(lambda: server.poll() is not None, within=30)


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=10) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def chromium(folder):
    """Debian's Chromium, without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("headless=new", "disable-gpu", "disable-dev-shm-usage", f"user-data-dir={folder}"):
        options.add_argument(f"--{argument}")
    if os.name == "posix" and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # it refuses to make one for root
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        driver.set_script_timeout(60)
        # JupyterLab's current widget is the one with the focus, which a window that nobody sees may not get.
        driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
        yield driver
    finally:
        driver.quit()


class Page:
    """A notebook in a browser."""

    def __init__(self, driver, address, name):
        self.driver, self.name = driver, name
        driver.set_window_size(1300, HEIGHT)
        driver.get(f"{address}/tree/{name}.ipynb?reset")
        assert ends(lambda: (self.state() or {}).get("kernel") == "idle"), f"{name} does not open"

    def state(self):
        return self.driver.execute_script(STATE)

    def command(self, name, **arguments):
        """Have a command begin; what says that it has ended is up to the caller."""
        script = f"{APP} app.commands.execute(arguments[0], arguments[1]);"
        self.driver.execute_script(script, name, arguments)

    def run_all(self):
        """Run every cell; the cells as they are then."""
        self.command("notebook:clear-all-cell-outputs")
        assert ends(lambda: not any(cell.get("execution_count") for cell in self.state()["cells"]))
        self.command("notebook:run-all-cells")
        assert ends(self.is_run, SECONDS), f"{self.name} does not end"
        return self.state()["cells"]

    def is_run(self):
        state = self.state()
        code = [cell for cell in state["cells"] if cell["cell_type"] == "code"]
        failed = any(output["output_type"] == "error" for cell in code for output in cell["outputs"])
        return state["kernel"] == "idle" and (failed or all(cell["execution_count"] for cell in code))

    def show(self, theme, width):
        """Have it in a theme, in a window so wide, and so high that all of it is seen."""
        self.command("apputils:change-theme", theme=THEMES[theme])
        self.driver.set_window_size(width, HEIGHT)
        settled = f"return document.body.dataset.jpThemeLight === '{str(theme == 'light').lower()}'"
        assert ends(lambda: self.driver.execute_script(settled))
        script = f"{APP} return panel.content.node.querySelector('.jp-WindowedPanel-inner').scrollHeight;"
        high = self.driver.execute_script(script)
        self.driver.set_window_size(width, high + 200)
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
