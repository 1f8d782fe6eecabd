"""Makes services of the template in templates/service, and keeps them up to date."""
