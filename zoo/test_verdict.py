# SPDX-License-Identifier: Apache-2.0
"""How a report is held against a truth, and whether the cases are whole."""

import re
import unittest

import cases  # noqa: F401: registers them
import page
import verdict
from case import CASES, CONFIDENCES, SEVERITIES, Case, finds


def finding(name, **other):
    return {"kind": "finding", "id": name, "severity": "critical", "confidence": "certain",
            "subject": "0.0.0.0:80 nginx", "summary": "words", "evidence": [{"text": "10 of them"}], "fix": [],
            "consequence_of": None} | other


def fix(command, **other):
    return {"what": "do", "command": command, "lasting": None} | other


def judged(case, *findings, backend="fentry", not_examined=()):
    summary = {"kind": "summary", "not_examined": [{"id": name, "why": "not here"} for name in not_examined]}
    return verdict.judge(case, verdict.Report.of([*findings, summary]), backend)


def sick(*expects, **how):
    return Case("sick", "sick", None, expects=expects, **how)


HEALTHY = Case("healthy", "healthy", None)


class HealthyTests(unittest.TestCase):
    def test_nothing_found_is_right(self):
        self.assertEqual(judged(HEALTHY).word, verdict.RIGHT)

    def test_what_is_possible_or_informs_is_no_alarm(self):
        self.assertEqual(judged(HEALTHY, finding("x", confidence="possible"), finding("y", severity="info")).word,
                         verdict.RIGHT)

    def test_an_alarm_is_wrong(self):
        self.assertEqual(judged(HEALTHY, finding("x", severity="warning", confidence="likely")).word, verdict.WRONG)

    def test_what_must_never_be_said_is_wrong_even_as_information(self):
        case = Case("h", "h", None, never=("x",))
        self.assertEqual(judged(case, finding("x", severity="info", confidence="possible")).word, verdict.WRONG)

    def test_too_many_findings_are_wrong(self):
        case = Case("h", "h", None, most_findings=1)
        harmless = finding("x", severity="info")
        self.assertEqual(judged(case, harmless).word, verdict.RIGHT)
        self.assertEqual(judged(case, harmless, harmless).word, verdict.WRONG)

    def test_a_fix_that_does_not_help_is_wrong(self):
        case = Case("h", "h", None, also=("x",), no_fix=r"max_children\W+\d")
        self.assertEqual(judged(case, finding("x", fix=[fix("look at it")])).word, verdict.RIGHT)
        self.assertEqual(judged(case, finding("x", fix=[fix("pm.max_children = 50")])).word, verdict.WRONG)

    def test_more_than_can_be_known_is_wrong(self):
        case = Case("h", "h", None, also=("x",), at_most={"x": "likely"})
        self.assertEqual(judged(case, finding("x", confidence="likely")).word, verdict.RIGHT)
        self.assertEqual(judged(case, finding("x")).word, verdict.WRONG)


class SickTests(unittest.TestCase):
    def test_the_truth_is_right(self):
        self.assertEqual(judged(sick(finds("x", about=":80")), finding("x")).word, verdict.RIGHT)

    def test_another_word_for_it_is_right(self):
        self.assertEqual(judged(sick(finds("x", "y")), finding("y")).word, verdict.RIGHT)

    def test_silence_is_wrong(self):
        self.assertEqual(judged(sick(finds("x"))).word, verdict.WRONG)

    def test_each_trait_that_differs_is_partly(self):
        for wanted, found in (
            (finds("x"), finding("x", confidence="possible")),
            (finds("x", most="likely"), finding("x")),
            (finds("x"), finding("x", severity="info")),
            (finds("x", most_severity="warning"), finding("x")),
            (finds("x", about=":81"), finding("x")),
            (finds("x", says="twelve"), finding("x")),
            (finds("x", says_not="10 of"), finding("x")),
            (finds("x", fix="backlog"), finding("x")),
            (finds("x", fix_not="reboot"), finding("x", fix=[fix("reboot")])),
        ):
            with self.subTest(wanted=wanted):
                result = judged(sick(wanted), found)
                self.assertEqual((result.word, len(result.reasons)), (verdict.PARTLY, 1), result.reasons)

    def test_a_fix_must_not_lower(self):
        wanted = sick(finds("x", above={"MaxRequestWorkers": 150}))
        for command, word in (("MaxRequestWorkers 115", verdict.PARTLY), ("MaxRequestWorkers 150", verdict.PARTLY),
                              ("MaxRequestWorkers 300", verdict.RIGHT), ("", verdict.RIGHT)):
            with self.subTest(command=command):
                self.assertEqual(judged(wanted, finding("x", fix=[fix(command)])).word, word)

    def test_of_several_findings_the_best_counts(self):
        two = [finding("x", subject="10.0.0.1:1"), finding("x", subject="10.0.0.2:2")]
        self.assertEqual(judged(sick(finds("x", about=r"2:2$"), finds("x", about=r"1:1$")), *two).word, verdict.RIGHT)

    def test_one_of_two_is_partly(self):
        self.assertEqual(judged(sick(finds("x"), finds("y")), finding("x")).word, verdict.PARTLY)

    def test_another_blamed_beside_is_partly(self):
        self.assertEqual(judged(sick(finds("x")), finding("x"), finding("z")).word, verdict.PARTLY)
        self.assertEqual(judged(sick(finds("x"), also=("z",)), finding("x"), finding("z")).word, verdict.RIGHT)
        self.assertEqual(judged(sick(finds("x")), finding("x"), finding("z", consequence_of="x")).word, verdict.RIGHT)

    def test_the_cause_comes_first(self):
        result = judged(sick(finds("x"), also=("z",)), finding("z"), finding("x"))
        self.assertEqual((result.word, result.reasons), (verdict.PARTLY, ["z stands before it"]))
        # What follows from something else is no cause, wherever it stands.
        self.assertEqual(judged(sick(finds("x"), also=("z",)), finding("z", consequence_of="x"), finding("x")).word,
                         verdict.RIGHT)


class UnseenTests(unittest.TestCase):
    case = sick(finds("x"), unseen={"tracepoint": "no tracepoint"})

    def test_said_so_is_good(self):
        result = judged(self.case, backend="tracepoint", not_examined=["x"])
        self.assertEqual((result.word, result.good), (verdict.UNSEEN, True))

    def test_silence_is_wrong(self):
        self.assertEqual(judged(self.case, backend="tracepoint").word, verdict.WRONG)

    def test_another_blamed_is_wrong(self):
        self.assertEqual(judged(self.case, finding("z"), backend="tracepoint", not_examined=["x"]).word, verdict.WRONG)

    def test_another_backend_has_to_see_it(self):
        self.assertEqual(judged(self.case, backend="fentry", not_examined=["x"]).word, verdict.WRONG)

    def test_seen_all_the_same_is_right(self):
        self.assertEqual(judged(self.case, finding("x"), backend="tracepoint").word, verdict.RIGHT)


class ReportTests(unittest.TestCase):
    def test_without_a_summary_there_is_none(self):
        with self.assertRaises(ValueError):
            verdict.Report.of([finding("x")])

    def test_gone_are_the_serious_ones_that_were_looked_for(self):
        report = verdict.Report.of([finding("x", confidence="possible"), finding("z"), {"kind": "summary"}])
        self.assertEqual(verdict.gone(sick(finds("x")), report), [])
        report = verdict.Report.of([finding("x"), {"kind": "summary"}])
        self.assertEqual(len(verdict.gone(sick(finds("x")), report)), 1)


class CaseTests(unittest.TestCase):
    def test_every_case_can_be_read(self):
        for case in CASES.values():
            with self.subTest(case=case.name):
                self.assertTrue(case.truth.endswith("."), case.truth)
                self.assertEqual(case.healthy, not case.expects)
                for wanted in case.expects:
                    self.assertTrue({wanted.least, wanted.most} <= set(CONFIDENCES))
                    self.assertTrue({wanted.severity, wanted.most_severity} <= set(SEVERITIES))
                    for pattern in (wanted.about, wanted.says, wanted.says_not, wanted.fix, wanted.fix_not):
                        re.compile(pattern)

    def test_a_case_that_is_called_healthy_expects_nothing(self):
        for case in CASES.values():
            with self.subTest(case=case.name):
                self.assertTrue(case.healthy or not case.truth.startswith("Healthy"))

    def test_quick_is_a_dozen_sick_and_healthy(self):
        quick = [case for case in CASES.values() if case.quick]
        self.assertEqual(len(quick), 12)
        self.assertEqual(sorted({case.healthy for case in quick}), [False, True])


class PageTests(unittest.TestCase):
    def test_the_worst_of_several_runs_is_told(self):
        good = {"word": verdict.RIGHT, "reasons": [], "found": [], "cure": ""}
        bad = {"word": verdict.WRONG, "reasons": ["a false alarm: x | y"], "found": ["x"] * 5, "cure": ""}
        self.assertEqual(page.row("n", "t", [good, good]), "| n | t | nothing | right (2 of 2) |")
        self.assertEqual(page.row("n", "t", [good, bad]),
                         "| n | t | x; x; x; and 2 more | wrong (1 of 2): a false alarm: x \\| y |")


if __name__ == "__main__":
    unittest.main()
