{
    "name": "Integration Hub: Inbox",
    "summary": "Signed webhooks come into Odoo: verified, kept as they came, applied exactly once",
    "version": "19.0.2.0.0",
    "category": "Technical",
    "author": "Odoo Integration Hub contributors",
    "website": "https://github.com/odoo-integration-hub/odoo-integration-hub",
    "license": "LGPL-3",
    "depends": ["integration_core"],
    "data": [
        "security/ir.model.access.csv",
        "security/integration_rules.xml",
        "data/ir_cron.xml",
        "views/integration_message_views.xml",
        "views/integration_endpoint_views.xml",
        "views/integration_system_views.xml",
    ],
    "demo": ["demo/integration_inbox_demo.xml"],
}
