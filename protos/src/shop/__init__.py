"""Stubs generated from the protos of the shop; never edited."""
