"""Parsers of request bodies into documents of dicts, lists and texts, with limits. No ORM."""
