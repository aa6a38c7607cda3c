"""Where the command begins: Ctrl-C ends it without a traceback while it imports, too."""

import sys


def main() -> None:
    """Run the command; exit with 130 if it is interrupted."""
    try:
        from autograder.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
