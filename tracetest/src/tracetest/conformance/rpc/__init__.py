"""How the suite calls a tested service: methods by reflection, requests made from their types, traced calls.

Imports the names and ids; `account`, `instance` and the checks may import it.
"""
