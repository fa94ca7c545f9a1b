"""Text in a cell that no spreadsheet takes for a formula (CWE-1236; OWASP, "CSV Injection")."""

# What begins a formula, in one program or the other; tab and carriage return hide one from a quick look.
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell):
    """The cell; text that could be a formula with an apostrophe before it, as people type it."""
    if isinstance(cell, str) and cell.startswith(BEGINNINGS):
        return f"'{cell}"
    return cell
