# SPDX-License-Identifier: Apache-2.0
"""The cases, by what is wrong. To import these is to register them."""

import importlib
import pkgutil

for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"cases.{module.name}")
