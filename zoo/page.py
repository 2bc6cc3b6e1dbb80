# SPDX-License-Identifier: Apache-2.0
"""The page that docs/zoo.md is, made of the results alone."""

import verdict

HEAD = """# What tcpwhy says of real services

Written by `scripts/zoo --page`; do not edit. `make zoo` runs every case, `scripts/zoo --only NAME` some.

Each case is a real service in a network namespace, with clients in another, and a truth that was written down
before tcpwhy was asked. *Right*: the finding that the truth calls for is there, first, as sure as can be and no surer,
about the right listener or destination, with a fix that would help, and nothing else is blamed. *Partly*: it is
there, and something of that is not so. *Wrong*: it is not there, or what is healthy is called sick. *Not seen, said
so*: this kernel does not let it be seen, and tcpwhy says that it did not look.
"""


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def worst(runs):
    order = [verdict.BROKEN, verdict.WRONG, verdict.PARTLY, verdict.SKIPPED, verdict.UNSEEN, verdict.RIGHT]
    return min(runs, key=lambda run: order.index(run["word"]))


def row(name, truth, runs):
    run = worst(runs)
    found = "; ".join(run["found"][:3]) or "nothing"
    if len(run["found"]) > 3:
        found += f"; and {len(run['found']) - 3} more"
    word = run["word"]
    if len(runs) > 1:
        word += f" ({sum(one['word'] == word for one in runs)} of {len(runs)})"
    # A fix that did not help is among the reasons.
    remarks = run["reasons"] + ([f"fix: {run['cure']}"] if run["cure"].endswith("helped") else [])
    if remarks:
        word += ": " + "; ".join(remarks)
    return f"| {name} | {cell(truth)} | {cell(found)} | {cell(word)} |"


def page(results, truths):
    words = [worst(runs)["word"] for runs in results["cases"].values()]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    facts = (f"{results['date']}, tcpwhy {results['tcpwhy']}, kernel {results['kernel']}, backend {results['backend']},"
             f" {results['seconds']} s each, {results['minutes']:.0f} minutes in all: {counts}.")
    lines = [HEAD, facts, "", "| case | truth | found | verdict |", "|---|---|---|---|"]
    lines += [row(name, truths[name], runs) for name, runs in results["cases"].items()]
    return "\n".join(lines) + "\n"
