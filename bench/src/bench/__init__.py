"""What tracing costs: one request through three services, traced in several ways, side by side."""
