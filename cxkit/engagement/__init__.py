"""The client's workspace: settings, tables, saved results, history, commentary and decisions."""

from cxkit.engagement.desk import Desk, open_desk

__all__ = ["Desk", "open_desk"]
