"""Requests that a receiver refuses because of their size, and the size that a request should not exceed."""

from __future__ import annotations

# gRPC servers accept 4 MiB by default, the collector among them, before compression
# (https://github.com/open-telemetry/opentelemetry-collector/blob/main/config/configgrpc/README.md). The rest is for
# what the items of a request share: resources and scopes.
MAX_REQUEST_BYTES = 4 * 1024 * 1024 - 64 * 1024
# Below this size a refusal has another reason, and a smaller request does not help.
SMALLEST_LIMIT = 16 * 1024


class RequestTooLargeError(Exception):
    """The receiver refused a request because of its size; half of it may be accepted."""
