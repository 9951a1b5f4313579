"""How a walk says what it found: a line for each check, which `cargo xtask conformance` counts."""

import sys
import traceback

checks = 0
failed = 0


def check(name, act, *arguments):
    """Runs `act`, which raises where the twin is not as the service is; answers what it answers."""
    global checks, failed
    checks += 1
    try:
        answer = act(*arguments)
    except Exception as error:  # a walk goes on: every difference counts, not the first alone
        failed += 1
        frame = traceback.extract_tb(error.__traceback__)[-1]
        text = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"FAILED {name}: {text[:600]} ({frame.name}, line {frame.lineno})", flush=True)
        return None
    print(f"ok {name}", flush=True)
    return answer


def same(found, expected):
    """Raises where two values differ."""
    if found != expected:
        raise AssertionError(f"found {found!r}, expected {expected!r}")


def end():
    """The walk's last line, without which it counts as broken off, and its exit status."""
    print(f"end {checks}", flush=True)
    sys.exit(1 if failed else 0)
