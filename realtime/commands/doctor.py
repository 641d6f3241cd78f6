"""``greenless doctor``: prints what is missing or broken on this machine, each finding with its cure."""

import json
from dataclasses import asdict, dataclass

from realtime.commands.common import Common


@dataclass(frozen=True, kw_only=True)
class Options:
    """Check Python, packages, network, cameras, virtual cameras and display, and print a cure for each problem.

    The exit status is 1 if something that a run needs is missing or broken.
    """

    json: bool = False
    """Print the findings as JSON."""

    common: Common = Common()


def main(options: Options) -> int:
    """Run the checks; return 1 if one failed."""
    from realtime.doctor import examine

    checks = []
    for check in examine():
        checks.append(check)
        if not options.json:
            print(f"{check.status:<5} {check.name:<16} {check.detail}", flush=True)
            for line in check.cure.splitlines():
                print(f"{'':<22} {line}", flush=True)
    if options.json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
    return 1 if any(check.status == "fail" for check in checks) else 0
