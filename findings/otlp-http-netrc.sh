#!/usr/bin/env bash
# OpenTelemetry's OTLP/HTTP exporter (1.45.2, with requests 2.34.2) does not send the Authorization header that it is
# given, by `headers=` or by OTEL_EXPORTER_OTLP_HEADERS, when ~/.netrc (or the file named by NETRC) has an entry for the
# collector's host: requests replaces the header by Basic credentials out of that file, at each export.
#
# Seen: the collector receives "Basic YWRhOnNlY3JldA==" and not "Bearer configured"; without the entry it receives
# "Bearer configured". A collector that checks tokens answers 401 on the one machine that has such a file.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check \
  opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-http==1.45.2 requests==2.34.2
cat >"$place/export.py" <<'PYTHON'
import http.server
import threading

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

received = []


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        received.append(self.headers["authorization"])
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=server.serve_forever, daemon=True).start()
endpoint = f"http://127.0.0.1:{server.server_port}/v1/traces"
provider = TracerProvider()
provider.add_span_processor(
    SimpleSpanProcessor(OTLPSpanExporter(endpoint=endpoint, headers={"Authorization": "Bearer configured"}))
)
provider.get_tracer("finding").start_span("work").end()
provider.shutdown()
print(received[0])
PYTHON
printf 'machine 127.0.0.1 login ada password secret\n' >"$place/netrc"
touch "$place/empty"
chmod 600 "$place/netrc" "$place/empty"
with="$(NETRC="$place/netrc" "$place/venv/bin/python" "$place/export.py")"
without="$(NETRC="$place/empty" "$place/venv/bin/python" "$place/export.py")"
echo "with an entry in .netrc: $with"
echo "without one:             $without"
[ "$with" = "Basic YWRhOnNlY3JldA==" ] && [ "$without" = "Bearer configured" ]
