"""The HTTP session of an exporter: the configuration decides what it trusts, not the environment."""

from __future__ import annotations

from typing import Any

import requests

from telemetry.config.sections import ExporterConfig


class ExporterSession(requests.Session):
    """A session whose own `verify` decides: in requests, ``REQUESTS_CA_BUNDLE`` overrides it.

    Attributes:
        connect_within: Seconds for one attempt to connect; None for the time of the whole request.
    """

    connect_within: float | None = None

    def __init__(self) -> None:
        super().__init__()
        self.auth = _leave_as_it_is

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send the request; give up in time on a host that is gone while its address is still cached."""
        seconds = options.get("timeout")
        if self.connect_within is not None and isinstance(seconds, int | float):
            options["timeout"] = (min(self.connect_within, seconds), seconds)
        return super().send(request, **options)

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Take proxies from the environment, and the CA certificates only if none are configured."""
        own = self.verify if isinstance(self.verify, str) and verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, own, cert)

    def trust(self, config: ExporterConfig) -> None:
        """Use the configured certificates and no others."""
        self.verify = config.certificate or True
        certificate, key = config.client_certificate, config.client_key
        self.cert = (certificate, key) if certificate and key else certificate


def _leave_as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from reading ``.netrc``.

    Its entry for the host would replace a configured ``Authorization``. The look-up also imports a module in each
    request: a fork at that moment leaves the child with a lock that is never released, and its exports hang.
    """
    return request
