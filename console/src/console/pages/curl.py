"""Writes the command that sends a span's request again."""

from __future__ import annotations

import shlex

from console.model import Kind, Span, Trace
from console.query import as_text

_AUTHORIZATION = '"authorization: Bearer $TOKEN"'  # the one word in which the shell is to see a variable
_WITH_BODY = {"POST", "PUT", "PATCH"}
_PORTS = {"http": "80", "https": "443"}


def request_span(trace: Trace) -> Span | None:
    """Give the request that began the trace: the first span on a server's side that tells enough to send it again."""
    servers = (span for span in trace.spans if span.kind is Kind.SERVER)
    return next((span for span in servers if _is_http(span) or _is_rpc(span)), None)


def curl(span: Span) -> str:
    """Write the request of a span for the shell: with curl, or with grpcurl where it was a gRPC call.

    A trace holds neither bodies nor credentials: the command takes them from ``$TOKEN`` and ``body.json``, and says so.
    An empty text means that the span is no request.
    """
    if _is_http(span):
        return _curl(span)
    return _grpcurl(span) if _is_rpc(span) else ""


def _curl(span: Span) -> str:
    method = _text(span, "http.request.method")
    parts = [f"curl --include --request {shlex.quote(method)}", shlex.quote(_url(span)), f"--header {_AUTHORIZATION}"]
    if method in _WITH_BODY:
        parts += ["--header 'content-type: application/json'", "--data @body.json"]
    return _command(parts, body=method in _WITH_BODY)


def _grpcurl(span: Span) -> str:
    address = f"{_host(_text(span, 'server.address') or 'localhost')}:{_text(span, 'server.port') or '443'}"
    call = f"{shlex.quote(address)} {shlex.quote(_text(span, 'rpc.method'))}"
    return _command(["grpcurl -plaintext", f"-H {_AUTHORIZATION}", "-d @", call, "< body.json"], body=True)


def _command(parts: list[str], *, body: bool) -> str:
    needed = "TOKEN, and write body.json" if body else "TOKEN"
    return f"# a trace holds no credentials and no bodies: set {needed}\n" + " \\\n  ".join(parts)


def _url(span: Span) -> str:
    scheme = _text(span, "url.scheme") or "http"
    host, port = _host(_text(span, "server.address") or "localhost"), _text(span, "server.port")
    query = _text(span, "url.query")
    authority = host if port in {"", _PORTS.get(scheme)} else f"{host}:{port}"
    return f"{scheme}://{authority}{_text(span, 'url.path') or '/'}" + (f"?{query}" if query else "")


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _is_http(span: Span) -> bool:
    return bool(_text(span, "http.request.method") and _text(span, "url.path"))


def _is_rpc(span: Span) -> bool:
    return "/" in _text(span, "rpc.method")


def _text(span: Span, key: str) -> str:
    """Give an attribute as one line: a line break would end the command."""
    return " ".join(as_text(span.attributes.get(key)).split())
