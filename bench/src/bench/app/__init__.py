"""The request that is measured: gateway, order and user, with all their work in memory. None of it knows of tracing."""
