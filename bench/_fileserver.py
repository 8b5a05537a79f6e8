"""Serves one folder's files for the benchmarks, out of the way of what is measured: nginx where there is one."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench import _sendfile

NGINX = """
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; default_type video/x-matroska;
  client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
  uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
  server {{ listen 127.0.0.1:{port}{tls}; root {root}; {certificate} }}
}}
"""


@contextlib.contextmanager
def serving(root: Path, work: Path, pem: Path | None = None) -> Iterator[str]:
    """The base URL of a server for `root`; https where there is a `pem`."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    work.mkdir(parents=True, exist_ok=True)
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx is not None:
        certificate = "" if pem is None else f"ssl_certificate {pem}; ssl_certificate_key {pem};"
        tls = "" if pem is None else " ssl"
        config = work / "nginx.conf"
        config.write_text(NGINX.format(work=work, port=port, tls=tls, root=root, certificate=certificate))
        if os.getuid() == 0:
            config.write_text("user root;\n" + config.read_text())
        command = [nginx, "-c", str(config), "-p", str(work)]
    else:
        command = [sys.executable, _sendfile.__file__, str(port), str(root), *([str(pem)] if pem else [])]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"{'http' if pem is None else 'https'}://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("the benchmark's server did not start")
