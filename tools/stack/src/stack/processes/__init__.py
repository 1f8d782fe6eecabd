"""Child processes: starting, watching and ending programs."""
