"""What one trace, or two side by side, tell beyond their spans."""
