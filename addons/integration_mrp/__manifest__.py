{
    "name": "Integration Hub: Manufacturing",
    "summary": "Production orders leave for the MES, its reports come back as booked work",
    "version": "19.0.2.0.0",
    "category": "Manufacturing",
    "author": "Odoo Integration Hub contributors",
    "website": "https://github.com/odoo-integration-hub/odoo-integration-hub",
    "license": "LGPL-3",
    "depends": ["integration_outbox", "integration_inbox", "integration_product", "mrp"],
    "data": ["data/integration_code_list.xml"],
    "demo": ["demo/integration_mrp_demo.xml"],
}
