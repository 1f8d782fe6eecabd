"""The fixtures of telemetry that the tests of chassis use."""

from collector_fixtures import grpc_collector, http_collector
from network_fixtures import black_hole, deaf, unused_address
from program_fixtures import run_python, serve_grpc
from recording_fixtures import ended, measured, spans, started, stock_provider, telemetry
from waiting_fixtures import quiet_end, until, wait_until

__all__ = [
    "black_hole",
    "deaf",
    "ended",
    "grpc_collector",
    "http_collector",
    "measured",
    "quiet_end",
    "run_python",
    "serve_grpc",
    "spans",
    "started",
    "stock_provider",
    "telemetry",
    "until",
    "unused_address",
    "wait_until",
]
