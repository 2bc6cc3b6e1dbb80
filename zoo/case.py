# SPDX-License-Identifier: Apache-2.0
"""What a case is: a name, a truth, how to make it come true, and what tcpwhy must say of it."""

import dataclasses
import re

CONFIDENCES = ["possible", "likely", "certain"]
SEVERITIES = ["info", "warning", "critical"]


@dataclasses.dataclass(frozen=True)
class Finds:
    """A finding that must be there. What is text is a regular expression that must match somewhere."""

    # The first is the contract's; others say the same as well.
    ids: tuple
    least: str = "likely"
    most: str = "certain"
    severity: str = "warning"  # the least
    most_severity: str = "critical"
    about: str = ""  # the subject
    says: str = ""  # summary or evidence
    says_not: str = ""
    fix: str = ""  # description, command or place of any fix
    fix_not: str = ""
    # A number that stands behind such a setting in a fix must be above this: {r"worker_rlimit_nofile": 30}
    above: dict = dataclasses.field(default_factory=dict)


def finds(*ids, **how):
    return Finds(ids, **how)


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    truth: str
    prepare: object  # takes the Place: starts the services, then the load
    expects: tuple = ()
    # May be there as well, whatever it says; all other serious findings are wrong.
    also: tuple = ()
    # Must not be there, not even as possible or information.
    never: tuple = ()
    # Id to the most confidence that anybody can have in it here.
    at_most: dict = dataclasses.field(default_factory=dict)
    # No finding may have a fix in which this regular expression matches.
    no_fix: str = ""
    # Most findings that may be printed.
    most_findings: int = 1000
    # Backend to the reason why the truth cannot be seen with it: then one of `expects` is to be "not examined".
    unseen: dict = dataclasses.field(default_factory=dict)
    # Programs without which the case is skipped.
    needs: tuple = ()
    # The load takes a CPU or two: nothing else may run beside it.
    alone: bool = False
    quick: bool = False
    # Applies a fix, (place, fix) to whether it could; then the findings must be gone.
    cure: object = None
    settle: float = 1.5  # seconds of load before the diagnosis

    @property
    def healthy(self):
        return not self.expects


CASES = {}


def case(*expects, **how):
    """Decorates the function that prepares it: its name is the case's, its docstring the truth."""

    def register(prepare):
        name = prepare.__name__.replace("_", "-")
        if name in CASES:
            raise ValueError(f"two cases are named {name}")
        truth = " ".join(prepare.__doc__.split())
        CASES[name] = Case(name, truth, prepare, expects=expects, **how)
        return prepare

    return register


def sysctls(place, fix):
    """Applies a fix that is a setting of a network namespace."""
    setting = fix.get("sysctl")
    if not setting or not re.fullmatch(r"net\.[a-z0-9_.]+", setting["name"]):
        return False
    if not re.fullmatch(r"[0-9]+([ \t][0-9]+)*", setting["value"]):
        return False
    place.server.call("sysctl", "-qw", f"{setting['name']}={setting['value']}")
    return True
