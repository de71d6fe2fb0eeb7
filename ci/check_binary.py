"""Checks what the release binary asks of the system it runs on (cflinuxfs4 has glibc 2.35).

    python ci/check_binary.py target/release/btp-s3-catalog

A static binary (the musl target) asks for nothing and passes.
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ci.judging import Cases

NEWEST_GLIBC = (2, 35)
ALLOWED = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"}
MOST_MEGABYTES = 24


def main():
    binary = sys.argv[1]
    headers = _objdump("-p", binary)
    symbols = _objdump("-T", binary)
    needed = set(re.findall(r"^\s*NEEDED\s+(\S+)", headers, re.MULTILINE))
    named = set(re.findall(r"\bGLIBC_(\w[\w.]*)", headers + symbols))
    odd = {name for name in named if not name[0].isdigit()}
    newest = max((tuple(map(int, name.split("."))) for name in named - odd), default=(0,))
    cases = Cases()
    cases.check(f"newest glibc symbol {_text(newest)} is at most {_text(NEWEST_GLIBC)}", newest <= NEWEST_GLIBC, newest)
    # such as GLIBC_ABI_DT_RELR, which an older loader refuses
    cases.equal("asks for no special version of glibc's interface", odd, set())
    cases.check(f"needs only {sorted(needed)}", needed <= ALLOWED, sorted(needed - ALLOWED))
    size = Path(binary).stat().st_size / 1e6
    cases.check(f"{size:.1f} MB is at most {MOST_MEGABYTES}", size <= MOST_MEGABYTES, size)
    cases.finish()


def _objdump(what, binary):
    return subprocess.run(["objdump", what, binary], check=True, capture_output=True, text=True).stdout


def _text(version):
    return ".".join(map(str, version))


if __name__ == "__main__":
    main()
