"""What each way of sampling costs and loses, measured on the stack: ``python -m stack.sampling``."""
