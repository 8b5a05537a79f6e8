"""A plain file server for machines without nginx: `python _sendfile.py PORT FOLDER [PEM]`."""

from __future__ import annotations

import http.server
import ssl
import sys
from pathlib import Path


class Handler(http.server.BaseHTTPRequestHandler):
    root: Path

    def do_GET(self) -> None:
        path = self.root / self.path.lstrip("/")
        size = path.stat().st_size
        start = self._start()
        with path.open("rb") as file:
            self.send_response(206 if start else 200)
            self.send_header("Content-Type", "video/x-matroska")
            self.send_header("Content-Length", str(size - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
            self.end_headers()
            self.wfile.flush()
            file.seek(start)
            if isinstance(self.connection, ssl.SSLSocket):
                while piece := file.read(1 << 20):
                    self.connection.sendall(piece)
            else:
                self.connection.sendfile(file, start)

    def _start(self) -> int:
        """The first byte that is asked for; ranges are open ended here."""
        return int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])

    def log_message(self, format: str, *args: object) -> None:
        return


def main(port: str, folder: str, pem: str | None = None) -> None:
    Handler.root = Path(folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
