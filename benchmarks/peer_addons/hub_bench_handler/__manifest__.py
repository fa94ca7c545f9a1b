{
    "name": "Benchmark: a Handler That Counts",
    "summary": "An inbound event whose effect can be counted: once, or not at all, or too often",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Odoo Integration Hub contributors",
    "website": "https://github.com/odoo-integration-hub/odoo-integration-hub",
    "license": "LGPL-3",
    "depends": ["integration_inbox"],
}
