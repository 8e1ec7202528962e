"""``python -m fastsock``."""

import sys

try:
    from .cli import main

    status = main()
except KeyboardInterrupt:  # before `main` could catch it
    status = 130
sys.exit(status)
