"""Headers of every answer that is ours: what a browser must not do with it, should one ever show it.

(OWASP Secure Headers Project; Content Security Policy Level 3; RFC 9111 for caches.) Odoo adds ``nosniff``.
"""

HEADERS = [
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
]
