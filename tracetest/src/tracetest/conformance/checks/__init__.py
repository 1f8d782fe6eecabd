"""How each rule is verified, a module a subject; `tracetest.conformance.catalogue` names them."""
