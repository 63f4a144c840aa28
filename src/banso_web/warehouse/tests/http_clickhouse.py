"""ClickHouse's HTTP protocol, as far as its Python client speaks it, in front of the real engine (chdb), in a process of its own.

    python http_clickhouse.py FOLDER       prints its port; ends with its standard input

One query at a time, for settings are the session's. What is answered is the engine's own.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb

#: Of the way, not of the engine.
OF_THE_WAY = {"query", "query_id", "session_id", "client_protocol_version", "database", "wait_end_of_query", "compress",
              "send_progress_in_http_headers", "http_headers_progress_interval_ms", "enable_http_compression"}  # fmt: skip
INSERT = re.compile(rb"\s*INSERT INTO (.+?) FORMAT (\w+)\n", re.S)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine: Any
    turn = threading.Lock()

    def do_POST(self) -> None:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        body = self._body()
        if "query" in given:  # data alone in the body
            body = given["query"].encode() + b"\n" + body
        try:
            answer, status = self._asked(given, body), 200
        except Exception as problem:
            answer, status = str(problem).encode(), 500
        self.send_response(status)
        if status != 200 and (code := re.search(rb"Code: (\d+)", answer)):
            self.send_header("X-ClickHouse-Exception-Code", code[1].decode())
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _asked(self, given: dict[str, str], body: bytes) -> bytes:
        with self.turn, tempfile.NamedTemporaryFile(suffix=".native") as file:
            if given.get("database"):
                self.engine.query(f"USE `{given['database']}`")
            for name, value in given.items():
                if name not in OF_THE_WAY:
                    self.engine.query(f"SET {name} = '{value}'")
            if data := INSERT.match(body):
                file.write(body[data.end() :])
                file.flush()
                body = b"INSERT INTO %s FROM INFILE '%s' FORMAT %s" % (data[1], file.name.encode(), data[2])
            found: bytes = self.engine.query(body.decode(), "TabSeparated").bytes()
            return found

    def log_message(self, *_words: Any) -> None:
        pass


if __name__ == "__main__":
    Handler.engine = chdb.connect(sys.argv[1])
    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    sys.stdout.write(f"{served.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # whatever its threads are at
