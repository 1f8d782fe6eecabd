"""Sampling by rules from a small file: the first rule that matches a root decides.

::

    [[rule]]                      # nothing of the health checks
    route = "/livez*"
    ratio = 0.0

    [[rule]]                      # each order, up to ten a second
    name = "orders"
    route = "/v1/orders*"
    method = "POST"
    rate = 10

    [[rule]]
    tenant = "acme"
    attributes = { "shop.canary" = "yes" }
    ratio = 1.0

    [default]                     # everything else; 1.0 when left out
    ratio = 0.05

The same can be written as JSON. Children keep the decision of their root.
"""

from __future__ import annotations

import logging
from threading import Lock

from opentelemetry.context import Context
from opentelemetry.util.types import Attributes

from telemetry.context.tenant import current_tenant
from telemetry.sampling.rules_file import Rules, read_rules
from telemetry.sampling.samplers import RootSampler
from telemetry.settings.env import ConfigError

_logger = logging.getLogger(__name__)


class RulesSampler(RootSampler):
    """Decides roots by the rules of a file, which can be reloaded at any time.

    Args:
        path: Of the file; its name ends in ``.toml`` or ``.json``.

    Raises:
        ConfigError: The file cannot be read, or a rule is invalid.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._reloading = Lock()
        self._rules: Rules = read_rules(path)

    def reload(self) -> bool:
        """Reload the file; an invalid file changes no rule, logs one line, and returns False."""
        with self._reloading:
            try:
                self._rules = read_rules(self._path)
            except ConfigError as error:
                _logger.warning("the sampling rules stay as they were: %s", error)
                return False
        _logger.info("%d sampling rules read from %s", len(self._rules.rules), self._path)
        return True

    def decide(self, context: Context | None, trace_id: int, name: str, attributes: Attributes) -> bool:
        """Find the first rule that matches, and ask its chance."""
        rules = self._rules
        known = attributes or {}
        tenant = current_tenant(context) if rules.by_tenant else None
        for rule in rules.rules:
            if rule.matches(name, known, tenant):
                return rule.chance(trace_id)
        return rules.default(trace_id)

    def get_description(self) -> str:
        """Return the sampler's name for logs."""
        return f"Rules{{{self._path}}}"
