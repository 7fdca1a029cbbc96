"""Align: from goals to initiatives, and where the line breaks."""
