# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import unittest

import soak


class Page(unittest.TestCase):
    """The soak's part of a page that another script makes."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.page, soak.PAGE = soak.PAGE, pathlib.Path(self.folder.name) / "bench.md"
        self.addCleanup(setattr, soak, "PAGE", self.page)

    def test_comes_last_and_only_once(self):
        soak.PAGE.write_text("# Cost\n\nfigures\n")
        for text in "one", "two":
            soak.put(soak.HEADING + text + "\n")
        self.assertEqual(soak.PAGE.read_text(), "# Cost\n\nfigures\n\n## Soak\ntwo\n")

    def test_is_kept_when_the_rest_is_made_anew(self):
        self.assertEqual(soak.section("# Cost\n"), "")
        self.assertEqual(soak.section("# Cost\n\n## Soak\ntwo\n"), "\n## Soak\ntwo\n")


if __name__ == "__main__":
    unittest.main()
