"""Checks manifest.yml, mta.yaml, its extensions, xs-security.json and the AWS policies.

    python tests/deploy/validate.py

Nothing is deployed: SAP's JSON schema and the rules in rules.py stand in for the platform.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ci.judging import Cases
from descriptors import Descriptors
from rules import RULES


def main():
    descriptors = Descriptors()
    cases = Cases()
    for rule in RULES:
        cases.equal(rule.__doc__.splitlines()[0], rule(descriptors), [])
    cases.finish()


if __name__ == "__main__":
    main()
