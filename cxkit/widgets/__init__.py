"""Input panels for JupyterLab."""
