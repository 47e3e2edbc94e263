"""Real HTTP servers on loopback that behave as badly as a test asks them to."""

import contextlib
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the `answer` of its server."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers)))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.server.answer(self)
        self.close_connection = True

    def log_message(self, *_):
        pass

    def reply(self, body=b"", status=200, **headers):
        """Answer in one go; underscores in names of headers stand for hyphens."""
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Its `answer(handler)` may be changed at any time; `requests` holds what was asked."""

    daemon_threads = True

    def __init__(self, answer, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.requests = answer, []
        self.ended = threading.Event()
        self.context = context
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_address[1]}"

    def get_request(self):
        connection, address = super().get_request()
        if self.context is not None:
            connection.settimeout(5)
            connection = self.context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request, client_address):
        pass


@contextlib.contextmanager
def serving(answer, context=None):
    """Run a server in a thread and end it afterwards."""
    server = Server(answer, context)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Authority:
    """A certificate authority of one test, made with the program openssl."""

    def __init__(self, folder, key_identifiers=True):
        self.folder, self.key_identifiers = folder, key_identifiers
        folder.mkdir()
        self.file = folder / "authority.pem"
        words = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
        self._make("authority", "/CN=Test authority", words, None, ("-days", "30"))

    def context(self, name, alternative="IP:127.0.0.1", dates=("-days", "10"), issuer=True):
        """TLS settings of a server whose certificate this authority signed (or it itself)."""
        words = f"basicConstraints=CA:FALSE\nsubjectAltName={alternative}\n"
        words += "keyUsage=critical,digitalSignature,keyEncipherment\n"
        self._make(name, f"/CN={name}", words, self.file if issuer else None, dates)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def _make(self, name, subject, words, issuer, dates):
        if self.key_identifiers:
            words += "subjectKeyIdentifier=hash\n" + "authorityKeyIdentifier=keyid\n" * bool(issuer)
        else:
            words += "subjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n"
        settings, request = self.folder / f"{name}.cnf", self.folder / f"{name}.csr"
        settings.write_text(f"[req]\ndistinguished_name=dn\n[dn]\n[x]\n{words}")
        key, out = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        _openssl("req", "-new", *new, "-keyout", key, "-out", request, "-subj", subject,
                 "-config", settings)  # fmt: skip
        signer = (
            ("-key", key)
            if issuer is None
            else ("-CA", issuer, "-CAkey", self.folder / "authority.key")
        )
        signer = ("-signkey", key) if issuer is None else (*signer, "-CAcreateserial")
        _openssl("x509", "-req", "-in", request, *signer, *dates, "-out", out,
                 "-extfile", settings, "-extensions", "x")  # fmt: skip


def _openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
