"""Imported first by the template of a command that runs clients: until `cxkit.batch.preload` its imports are quick."""

from contextlib import ExitStack

from cxkit.batch import importing, preloaded  # noqa: F401  the second looks at the workbook's files before their import

hurry = ExitStack()
hurry.enter_context(importing.quickly())
