"""Whether a program is ready, and polling until it is."""
