"""`serve` in a process of its own, and the waiting for what it will do."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager

import httpx2

LOG = "serve.log"  # in the home


@contextmanager
def serving(home, port, *arguments, url="", **environ):
    """The process of `serve` with `home` as its user's home; `environ` are settings, by the variables' endings."""
    command = [sys.executable, "-m", "stalkeer", *arguments, "serve", "--host", "127.0.0.1", "--port", str(port)]
    given = {"SECURITY__MODE": "local", "DATABASE__URL": url, **environ}
    variables = {f"STALKEER__{name}": value for name, value in given.items()}
    with (home / LOG).open("ab") as log:
        process = subprocess.Popen(command, env={"HOME": str(home), **variables}, stderr=log, cwd=home)  # noqa: S603
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(condition, timeout_s=60, process=None):
    """What `condition` answers, once that is not None. `process` must not end before."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        assert process is None or process.poll() is None, f"serve ended with {process.poll()}"
        try:
            if (found := condition()) is not None:
                return found
        except httpx2.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def status(port, path="/health"):
    return httpx2.get(f"http://127.0.0.1:{port}{path}", timeout=10).status_code
