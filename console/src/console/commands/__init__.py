"""What the terminal can do with a console or a Jaeger that runs."""
