"""Blocks to one HTML file."""
