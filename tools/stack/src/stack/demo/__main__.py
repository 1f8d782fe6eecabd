from __future__ import annotations

from stack.demo.demo import main

main()
