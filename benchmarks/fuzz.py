"""Fuzz the readers of untrusted bytes, guided by the coverage of their code.

    uv run python benchmarks/fuzz.py                        # all readers, a minute each
    uv run python benchmarks/fuzz.py notebook --seconds 3600

A reader (tests/readers.py) raises if it does not keep its promise. What made it do so is written
beside this file's name into the folder given by --findings, and the exit code is 1; it then belongs
into tests/test_fuzz.py or the test of the reader.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
ONE_INPUT_SECONDS = 20
MEMORY_MB = 4096


def main() -> None:
    sys.path.insert(0, str(TESTS))
    from readers import READERS, seeds

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*READERS, []], help="readers; default: all")
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--findings", type=Path, default=Path.cwd())
    options = parser.parse_args()
    failed = False
    for name in options.names or READERS:
        with tempfile.TemporaryDirectory() as corpus:
            for number, seed in enumerate(seeds()[name]):
                Path(corpus, f"seed-{number}").write_bytes(seed)
            done = subprocess.run(
                [
                    *(sys.executable, __file__, "--run", name, corpus),
                    f"-max_total_time={options.seconds}",
                    f"-timeout={ONE_INPUT_SECONDS}",
                    f"-rss_limit_mb={MEMORY_MB}",
                    f"-artifact_prefix={options.findings.resolve()}/{name}-",
                    "-max_len=20000",
                    "-print_final_stats=1",
                ],
                capture_output=True,
                text=True,
                errors="replace",
            )
        said = done.stdout + done.stderr
        executions = re.search(r"number_of_executed_units: (\d+)", said)
        coverage = re.findall(r"cov: (\d+)", said)
        print(
            f"{name}: {int(executions[1]) if executions else 0:,} executions, "
            f"{coverage[-1] if coverage else '?'} places reached, "
            f"{'FAILED' if done.returncode else 'nothing found'}",
            flush=True,
        )
        if done.returncode:
            print(said[-4000:])
            failed = True
    sys.exit(failed)


def run(name: str) -> None:
    """The fuzzer itself, in a process of its own: it does not return."""
    import atheris

    sys.path.insert(0, str(TESTS))
    with atheris.instrument_imports(include=["autograder", "readers"]):
        from readers import READERS

    atheris.Setup([sys.argv[0], *sys.argv[3:]], READERS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run(sys.argv[2])
    else:
        main()
