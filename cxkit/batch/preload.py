"""Imported by the template of a command that runs clients: the workbook itself, beside the libraries."""

from cxkit.batch import preloaded

preloaded.load()
