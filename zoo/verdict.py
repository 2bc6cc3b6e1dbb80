# SPDX-License-Identifier: Apache-2.0
"""What tcpwhy said, held against the truth: pure functions of the two."""

import dataclasses
import re

from case import CONFIDENCES, SEVERITIES

RIGHT, PARTLY, WRONG, UNSEEN, SKIPPED, BROKEN = (
    "right", "partly", "wrong", "not seen, said so", "skipped", "not set up")
GOOD = (RIGHT, UNSEEN, SKIPPED)


@dataclasses.dataclass
class Verdict:
    word: str
    reasons: list
    found: list = dataclasses.field(default_factory=list)  # the findings in short, the first ones

    @property
    def good(self):
        return self.word in GOOD


@dataclasses.dataclass
class Report:
    """The lines of `tcpwhy diagnose --json`."""

    findings: list
    summary: dict

    @staticmethod
    def of(lines):
        findings = [line for line in lines if line["kind"] == "finding"]
        summaries = [line for line in lines if line["kind"] == "summary"]
        if len(summaries) != 1:
            raise ValueError(f"{len(summaries)} summaries, not one")
        return Report(findings, summaries[0])

    @property
    def not_examined(self):
        return {entry["id"]: entry["why"] for entry in self.summary["not_examined"]}


def is_serious(finding):
    return finding["severity"] != "info" and finding["confidence"] != "possible"


def short(finding):
    why = f" ← {finding['consequence_of']}" if finding["consequence_of"] else ""
    return f"{finding['id']} ({finding['severity']}, {finding['confidence']}){why} {finding['subject']}".strip()


def shorts(report):
    return [short(finding) for finding in report.findings]


def judge(case, report, backend):
    found = shorts(report)
    wrong = forbidden(case, report)
    if wrong:
        return Verdict(WRONG, wrong, found)
    if case.expects:
        met, missed = expected(case, report)
        if not met:
            return nothing_met(case, report, backend, missed, found)
    else:
        missed = []
    strangers = [short(finding) for finding in report.findings if is_stranger(case, finding)]
    if case.healthy and strangers:
        return Verdict(WRONG, [f"a false alarm: {text}" for text in strangers], found)
    partly = missed + [f"besides, wrongly: {text}" for text in strangers] + rank(case, report)
    return Verdict(PARTLY if partly else RIGHT, partly, found)


def nothing_met(case, report, backend, missed, found):
    """None of what was to be found is there: wrong, unless this backend cannot and says so."""
    if backend in case.unseen:
        said = [name for wanted in case.expects for name in wanted.ids if name in report.not_examined]
        strangers = [short(finding) for finding in report.findings if is_stranger(case, finding)]
        if said and not strangers:
            return Verdict(UNSEEN, [case.unseen[backend]], found)
        missed = missed + ["not seen with this backend, and not said so"] * (not said)
    return Verdict(WRONG, missed, found)


def is_above(confidence, most):
    return CONFIDENCES.index(confidence) > CONFIDENCES.index(most)


def forbidden(case, report):
    texts = [f"must not be said: {short(finding)}" for finding in report.findings if finding["id"] in case.never]
    texts += [f"more than anybody can know: {short(finding)}" for finding in report.findings
              if is_above(finding["confidence"], case.at_most.get(finding["id"], "certain"))]
    if case.no_fix:
        texts += [f"has a fix of /{case.no_fix}/, which does not help: {short(finding)}"
                  for finding in report.findings if re.search(case.no_fix, fix_texts(finding), re.I)]
    if len(report.findings) > case.most_findings:
        texts.append(f"{len(report.findings)} findings, more than {case.most_findings}")
    return texts


def expected(case, report):
    """How many expectations some finding answers, and what is amiss with the best one for each."""
    met, amiss = 0, []
    for wanted in case.expects:
        candidates = [complaints(wanted, finding) for finding in report.findings if finding["id"] in wanted.ids]
        if candidates:
            met += 1
            amiss += min(candidates, key=len)
        else:
            amiss.append(f"not found: {' or '.join(wanted.ids)}")
    return met, amiss


def complaints(wanted, finding):
    """What this finding says otherwise than wanted."""
    name, texts = finding["id"], []
    confidence, severity = finding["confidence"], finding["severity"]
    if is_above(wanted.least, confidence):
        texts.append(f"{name} is {confidence} only")
    if is_above(confidence, wanted.most):
        texts.append(f"{name} is {confidence}, which nobody can be here")
    if not SEVERITIES.index(wanted.severity) <= SEVERITIES.index(severity) <= SEVERITIES.index(wanted.most_severity):
        texts.append(f"{name} is {severity}")
    said = " ".join([finding["summary"], *(evidence["text"] for evidence in finding["evidence"])])
    fixes = fix_texts(finding)
    for what, text, pattern, is_to_match in (
            ("is about", finding["subject"], wanted.about, True), ("says", said, wanted.says, True),
            ("says", said, wanted.says_not, False), ("has a fix of", fixes, wanted.fix, True),
            ("has a fix of", fixes, wanted.fix_not, False)):
        if pattern and bool(re.search(pattern, text, re.I)) != is_to_match:
            texts.append(f"{name} {what} {'something else than ' if is_to_match else ''}/{pattern}/: {clip(text)}")
    for setting, least in wanted.above.items():
        for match in re.finditer(rf"{setting}\W{{1,3}}(\d+)", fixes):
            if int(match[1]) <= least:
                texts.append(f"{name} lowers it: {match[0]!r}, and it has {least}")
    return texts


def fix_texts(finding):
    return " ".join(str(fix.get(part) or "") for fix in finding["fix"] for part in ("what", "command", "lasting"))


def clip(text, most=120):
    return text if len(text) <= most else text[:most] + "…"


def is_stranger(case, finding):
    """An alarm that nobody expects. What follows from another finding is told under it."""
    wanted = {name for expected in case.expects for name in expected.ids} | set(case.also)
    return is_serious(finding) and finding["id"] not in wanted and finding["consequence_of"] not in wanted


def rank(case, report):
    """The cause comes first: before whatever else is serious."""
    causes = [finding for finding in report.findings if is_serious(finding) and not finding["consequence_of"]]
    wanted = {name for expected in case.expects for name in expected.ids}
    if case.expects and causes and causes[0]["id"] not in wanted:
        return [f"{causes[0]['id']} stands before it"]
    return []


def gone(case, report):
    """After the fix: what is still said of what was to be found."""
    wanted = {name for expected in case.expects for name in expected.ids}
    return [short(finding) for finding in report.findings if finding["id"] in wanted and is_serious(finding)]
