"""``make dev``: the demo with live reload. A saved file restarts the programs that load it, and those alone.

Top of `stack`, beside the demo: nothing imports it. The launcher, which runs in each program, imports no other part.
"""
