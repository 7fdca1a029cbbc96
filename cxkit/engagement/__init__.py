"""The client's workspace: settings, tables, saved results, history, commentary and decisions."""
