"""The services behind the edge: domain values in, domain values or domain errors out, a module a service."""
