"""CX arithmetic that two or more stages use: retention, satisfaction, service, money."""
