"""papermill runs: plan, execute, resume, report."""
