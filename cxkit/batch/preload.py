"""Imported last by the template of a command that runs clients: the workbook itself, beside the libraries."""

from cxkit.batch import preloaded
from cxkit.batch.preload_first import hurry

preloaded.load()
hurry.close()
