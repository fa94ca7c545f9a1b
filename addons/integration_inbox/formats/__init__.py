"""What a body says: bytes into a document of dicts, lists and texts, within bounds. No ORM."""
