"""The failure catalogue, and what makes its failures happen in services that run with FAULTS=1."""
