"""The book in a real browser: what it asks of the network, what it shows, whether its search finds a word."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HARNESS = Path(__file__).with_name("harness.html")
BROWSERS = ("google-chrome", "chromium", "chromium-browser")
WORD = "dropout"
MINUTES = 5


def browser() -> str | None:
    """The path of a Chromium, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def browse(folder: Path, program: str) -> list[str]:
    """A line for each fault that a browser sees in the book."""
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    harness = HARNESS.read_text(encoding="utf-8").replace(
        'PAGES = [], WORD = ""', f"PAGES = {json.dumps(pages)}, WORD = {json.dumps(WORD)}"
    )
    with Server(("127.0.0.1", 0), partial(Served, harness, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with tempfile.TemporaryDirectory() as work:
                shown, log = _show(program, f"http://127.0.0.1:{server.server_port}/", Path(work))
        finally:
            server.shutdown()
    report = re.search(r'<pre id="faults">(\[.*?)</pre>', shown, re.DOTALL)
    if not report or not log:
        return [f"{program} did not look at all pages: {(shown or 'it said nothing')[-200:]}"]
    return [*json.loads(html.unescape(report[1])), *(f"asks {address}" for address in _asked(log))]


class Server(ThreadingHTTPServer):
    """A server that says nothing when a frame is closed before it has all it asked for."""

    def handle_error(self, *_: object) -> None:
        pass


class Served(SimpleHTTPRequestHandler):
    """The book's files, and at / the page that looks at them."""

    def __init__(self, harness: str, *arguments: object, **options: object) -> None:
        self.harness = harness
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        content = self.harness.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def _show(program: str, address: str, work: Path) -> tuple[str, str]:
    """The page when its scripts are done, and the log of the network; no host but this one has a name."""
    log = work / "network.json"
    command = [
        program, "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        f"--user-data-dir={work / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--log-net-log={log}", "--window-size=1400,1000", "--virtual-time-budget=600000",
        "--dump-dom", address,
    ]  # fmt: skip
    if os.name == "posix" and os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # the sandbox refuses root
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 * MINUTES)
    except subprocess.TimeoutExpired:
        return f"it took more than {MINUTES} minutes", ""
    logged = log.read_text(encoding="utf-8") if log.exists() else ""
    return (done.stdout if logged else done.stderr), logged


def _asked(log: str) -> Iterator[str]:
    """What pages asked of other hosts; the browser's own requests have no page that they come from."""
    for event in json.loads(log)["events"]:
        asked = event.get("params", {})
        address, asker = asked.get("url", ""), asked.get("initiator", "not an origin")
        if asker != "not an origin" and not address.startswith(("http://127.0.0.1", "data:", "blob:")):
            yield address
