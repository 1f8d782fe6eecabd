"""How each rule is verified, a module a subject; `telemetry.testing.conformance.catalogue` names them."""
