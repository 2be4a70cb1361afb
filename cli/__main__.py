"""`python -m cli` is the `sluice` command."""

import signal
import sys

# Importing takes a second or more; a Ctrl-C meanwhile just ends it, and is no traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from sluice.cli.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
