{
    "name": "Benchmark: a Bare Controller",
    "summary": "What accepting is measured against: a controller that does one INSERT and nothing else",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Odoo Integration Hub contributors",
    "website": "https://github.com/odoo-integration-hub/odoo-integration-hub",
    "license": "LGPL-3",
    "depends": ["base"],
}
