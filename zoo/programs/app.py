# SPDX-License-Identifier: Apache-2.0
"""For gunicorn: an answer after ZOO_MS milliseconds."""

import os
import time

DELAY = float(os.environ.get("ZOO_MS", "0")) / 1e3


def app(_, start):
    time.sleep(DELAY)
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
