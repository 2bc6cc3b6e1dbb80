# SPDX-License-Identifier: Apache-2.0
"""Real services, healthy or sick in a known way, each diagnosed by tcpwhy: what it says is held against the truth.

Exit status: 0 if every verdict is right (or not to be seen on this kernel, and tcpwhy says so), 1 if not."""

import argparse
import concurrent.futures
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import time

import cases  # noqa: F401: registers them
import page
import verdict
from case import CASES
from place import PATH, Failed, Place, sweep

TCPWHY = os.environ.get("TCPWHY", ".build/release/tcpwhy")
OUTPUT = pathlib.Path(".build/zoo")
COLOURS = {verdict.RIGHT: 32, verdict.UNSEEN: 32, verdict.SKIPPED: 33, verdict.PARTLY: 31, verdict.WRONG: 31,
           verdict.BROKEN: 31}


@dataclasses.dataclass
class Outcome:
    """One run of one case."""

    name: str
    word: str
    reasons: list
    found: list
    seconds: float
    cure: str = ""  # what came of applying the fix


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/zoo", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the cases and their truths, and end")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], choices=list(CASES), help="these cases")
    parser.add_argument("--healthy", action="store_true", help="the healthy cases only")
    parser.add_argument("--quick", action="store_true", help="a dozen that need little and end soon, as make test does")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="each case N times (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N",
                        help="cases at a time (%(default)s); those with a load that fills the CPUs run alone")
    parser.add_argument("--seconds", type=int, metavar="N", help="length of each diagnosis (6; 4 with --quick)")
    parser.add_argument("--page", action="store_true", help="write docs/zoo.md")
    options = parser.parse_args()
    if options.page and (options.only or options.quick or options.healthy):
        parser.error("--page tells of all cases")
    options.seconds = options.seconds or (4 if options.quick else 6)
    return options


def backend():
    """What tcpwhy traces connects with on this kernel."""
    done = subprocess.run([TCPWHY, "check", "--json"], capture_output=True, text=True)
    return json.loads(done.stdout)["probes"]["connect"]["backend"]


def diagnose(place, seconds):
    done = subprocess.run([TCPWHY, "diagnose", "--netns", place.server.netns, "-d", str(seconds), "--json"],
                          capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode not in (0, 3):
        raise Failed(f"tcpwhy diagnose ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def read(text):
    return verdict.Report.of([json.loads(line) for line in text.splitlines()])


def nameless(place, texts):
    """Without what differs from run to run: the number in the names of the place."""
    return [text.replace(f"{place.id}-", "").replace(str(place.folder), "…") for text in texts]


def cure(place, case, report, seconds):
    """Applies what was printed for what was to be found, and looks again: what came of it, and whether it helped."""
    wanted = {name for expected in case.expects for name in expected.ids}
    fixes = [fix for finding in report.findings if finding["id"] in wanted for fix in finding["fix"]]
    applied = [fix["command"] or fix["what"] for fix in fixes if case.cure(place, fix)]
    if not applied:
        return "nothing printed could be applied", False
    time.sleep(case.settle)
    left = verdict.gone(case, read(diagnose(place, seconds)))
    text = "; ".join(nameless(place, applied))
    return (f"{text}: it stays: {'; '.join(left)}", False) if left else (f"{text}: helped", True)


def run(case, number, options, by):
    begin = time.monotonic()
    result, cured = None, ""
    try:
        with Place(number, OUTPUT / f"{case.name}.log") as place:
            case.prepare(place)
            time.sleep(case.settle)
            text = diagnose(place, options.seconds)
            (OUTPUT / f"{case.name}.jsonl").write_text(text)
            report = read(text)
            result = verdict.judge(case, report, by)
            # A fix of what was not found is nobody's.
            if case.cure and result.word in (verdict.RIGHT, verdict.PARTLY):
                cured, helped = cure(place, case, report, options.seconds)
                if not helped:
                    result.word = verdict.PARTLY
                    result.reasons.append(f"fix: {cured}")
            result.reasons, result.found = nameless(place, result.reasons), nameless(place, result.found)
    except (Failed, ValueError, OSError, subprocess.SubprocessError) as error:
        result = verdict.Verdict(verdict.BROKEN, [str(error)])
    return Outcome(case.name, result.word, result.reasons, result.found, time.monotonic() - begin, cured)


def missing(case):
    return [name for name in case.needs if not shutil.which(name, path=PATH)]


def say(outcome):
    word = outcome.word
    if sys.stdout.isatty():
        word = f"\033[{COLOURS[outcome.word]}m{word}\033[0m"
    found = "; ".join(outcome.found[:3]) or "nothing found"
    print(f"{word}  {outcome.name}  ({outcome.seconds:.0f} s)  {found}", flush=True)
    for reason in outcome.reasons:
        print(f"    {reason}", flush=True)


def run_all(wanted, options):
    """Those that fill the CPUs one by one, the others several at a time."""
    by = backend()
    outcomes = {case.name: [] for case in wanted}
    jobs = [case for case in wanted for _ in range(options.repeat)]

    def one(numbered):
        number, case = numbered
        lacks = missing(case)
        if lacks:
            reason = f"not installed: {', '.join(lacks)} (scripts/setup --zoo)"
            return Outcome(case.name, verdict.SKIPPED, [reason], [], 0)
        return run(case, number, options, by)

    numbered = list(enumerate(jobs))
    for alone, at_once in ((False, options.jobs), (True, 1)):
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            futures = [pool.submit(one, job) for job in numbered if job[1].alone == alone]
            try:
                for future in concurrent.futures.as_completed(futures):
                    outcome = future.result()
                    outcomes[outcome.name].append(outcome)
                    say(outcome)
            except BaseException:
                # Those that run end and clean up; the others never begin.
                pool.shutdown(cancel_futures=True)
                raise
    return outcomes


def facts(options):
    version = subprocess.run([TCPWHY, "--version"], capture_output=True, text=True).stdout.strip()
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "tcpwhy": version,
            "kernel": platform.release(), "backend": backend(), "seconds": options.seconds}


def choose(options):
    chosen = [CASES[name] for name in options.only] or list(CASES.values())
    if options.quick:
        chosen = [case for case in chosen if case.quick]
    return [case for case in chosen if case.healthy or not options.healthy]


def end(number, _):
    # As an exception: places clean up on their way out.
    raise SystemExit(128 + number)


def main():
    os.chdir(pathlib.Path(__file__).resolve().parent.parent)
    options = arguments()
    chosen = choose(options)
    if options.list:
        for case in chosen:
            print(f"{case.name}: {case.truth}")
        return 0
    if os.geteuid() != 0:
        print("zoo: needs root", file=sys.stderr)
        return 77
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    sweep()
    begin = time.monotonic()
    outcomes = run_all(chosen, options)
    results = {**facts(options), "minutes": (time.monotonic() - begin) / 60,
               "cases": {name: [dataclasses.asdict(outcome) for outcome in found] for name, found in outcomes.items()}}
    (OUTPUT / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    if options.page:
        pathlib.Path("docs/zoo.md").write_text(page.page(results, {name: CASES[name].truth for name in outcomes}))
    return conclude([outcome for found in outcomes.values() for outcome in found])


def conclude(outcomes):
    skipped = sum(outcome.word == verdict.SKIPPED for outcome in outcomes)
    failed = [outcome for outcome in outcomes if outcome.word not in verdict.GOOD]
    for outcome in failed:
        print(f"FAILED {outcome.name}: {outcome.word}")
    print(f"zoo: {len(outcomes) - len(failed) - skipped} passed, {len(failed)} failed, {skipped} skipped")
    # To have tried nothing is no success.
    return 1 if failed or skipped == len(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
