# SPDX-License-Identifier: Apache-2.0
"""scripts/lint runs these: python3 -m unittest discover --start-directory bench"""

import unittest

import compare
import cost
import ratio
import scaling


def results(found, kernel="6.12", peer=False):
    """As cost.py keeps them: of each mode its ratio."""
    rows = [{"operation": "connect", "mode": mode, "instructions": 1, "ratio": value, "peer": peer}
            for mode, value in found.items()]
    return {"cost": {kernel: rows}}


class WorseTests(unittest.TestCase):
    def test_five_percent_more_is_the_limit(self):
        old = results({"derived": 1.0})
        self.assertEqual(compare.worse(old, results({"derived": 1.05})), ([], 1))
        lines, compared = compare.worse(old, results({"derived": 1.051}))
        self.assertEqual(lines, ["6.12 connect derived: 1.000 before, 1.051 now"])
        self.assertEqual(compared, 1)

    def test_better_is_fine(self):
        self.assertEqual(compare.worse(results({"counted": 1.6}), results({"counted": 1.2})), ([], 1))

    def test_what_is_gone_is_worse(self):
        lines, compared = compare.worse(results({"derived": 1.0, "counted": 1.5}), results({"derived": 1.0}))
        self.assertEqual(lines, ["6.12 connect counted: 1.500 before, not measured now"])
        self.assertEqual(compared, 1)

    def test_a_quick_run_leaves_out_what_the_full_one_has(self):
        old, new = results({"derived": 1.0, "kprobe": 1.5}), results({"derived": 1.0}) | {"quick": True}
        self.assertEqual(compare.worse(old, new), ([], 1))
        self.assertEqual(len(compare.worse(old | {"quick": True}, new)[0]), 1)

    def test_a_kernel_that_was_not_measured_is_left_out(self):
        self.assertEqual(compare.worse(results({"derived": 1.0}), results({"derived": 9.0}, "7.2")), ([], 0))

    def test_other_tools_may_get_worse(self):
        old, new = results({"funclatency": 2.0}, peer=True), results({"funclatency": 4.0}, peer=True)
        self.assertEqual(compare.worse(old, new), ([], 0))

    def test_untraced_is_no_figure_of_ours(self):
        self.assertEqual(compare.worse(results({"untraced-again": 1.0}), results({"untraced-again": 2.0})), ([], 0))

    def test_results_without_cost(self):
        self.assertEqual(compare.worse({}, results({"derived": 1.0})), ([], 0))


def speed(ours, theirs):
    return {"speed": [{"what": "fold", "who": "tcpwhy", "unit": "s", "values": ours},
                      {"what": "fold", "who": "perl", "unit": "s", "values": theirs}]}


class NativeTests(unittest.TestCase):
    def test_a_spread_above_the_difference_gets_no_verdict(self):
        lines = compare.native(speed([1, 1], [2.0, 4.0]), speed([1, 1], [2.5, 4.5]))
        self.assertEqual(len(lines), 1)
        self.assertTrue(lines[0].endswith("no verdict, the spread exceeds the difference"))

    def test_a_difference_above_the_spread_does(self):
        old = speed([1, 1], [4.0, 4.1])
        self.assertTrue(compare.native(old, speed([1, 1], [2.0, 2.1]))[0].endswith("slower"))
        self.assertTrue(compare.native(old, speed([1, 1], [8.0, 8.1]))[0].endswith("better"))


class RatioTests(unittest.TestCase):
    def test_is_made_turn_by_turn(self):
        # The machine was slow in the second turn: for both.
        self.assertEqual(ratio.of([1, 10], [2, 20]), (2, 2, 2))

    def test_one_turn_is_none(self):
        self.assertIsNone(ratio.of([1], [2]))

    def test_a_difference_within_the_spread_is_not_certain(self):
        self.assertFalse(ratio.is_certain((0.9, 1.0, 1.2)))
        self.assertTrue(ratio.is_certain((1.9, 2.0, 2.1)))


class RowTests(unittest.TestCase):
    def test_reads_the_lines_of_scripts_cost(self):
        rows = cost.rows("kernel 6.12, ports\n1 untraced 1000 1.0\n1 derived 1040 1.04\n1 tcpconnlat refused -\n"
                         "1 tcpsynbl refused no such function\n1 tcpdrop missing -\n")
        self.assertEqual([row["mode"] for row in rows], ["untraced", "derived", "tcpconnlat", "tcpsynbl", "tcpdrop"])
        self.assertEqual(rows[1]["ratio"], 1.04)
        self.assertEqual(rows[2]["says"], "refused: does not run on this kernel")
        self.assertEqual(rows[3]["says"], "refused: no such function")
        self.assertTrue(rows[4]["says"].startswith("missing: "))

    def test_leaves_out_what_is_no_line_of_the_table(self):
        self.assertEqual(cost.rows("settings: port-range 20000 to 60999\nhttp took 3 times as long\n"), [])


class ShapeTests(unittest.TestCase):
    def test_constant(self):
        self.assertIn("constant", scaling.shape([(1, 100), (10, 101), (100, 99)]))

    def test_linear(self):
        self.assertIn("linear", scaling.shape([(1, 110), (10, 200), (100, 1100)]))

    def test_neither(self):
        self.assertIn("neither", scaling.shape([(1, 1), (10, 100), (100, 10000)]))

    def test_two_sizes_tell_no_shape(self):
        self.assertIn("no shape", scaling.shape([(1, 100), (10, 200)]))


if __name__ == "__main__":
    unittest.main()
