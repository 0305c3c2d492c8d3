"""What is done once in the process that others are forked from: imports, and the templates as they ship.

Only that process imports this module.
"""

from functools import cache
from importlib import import_module
from pkgutil import walk_packages

import psbot
from psbot.resources import resource_folder
from psbot.templates import library

for _module in walk_packages(psbot.__path__, "psbot."):
    if not _module.name.endswith("__main__"):
        import_module(_module.name)

library.TemplateLibrary = cache(library.TemplateLibrary)  # type: ignore[assignment, misc]  # they are not changed
library.TemplateLibrary(resource_folder("issue_templates", None))
