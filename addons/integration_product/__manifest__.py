{
    "name": "Integration Hub: Products",
    "summary": "Products, units, lots and quantities as partners see them; conversion between units",
    "version": "19.0.1.0.0",
    "category": "Technical",
    "author": "Odoo Integration Hub contributors",
    "website": "https://github.com/odoo-integration-hub/odoo-integration-hub",
    "license": "LGPL-3",
    "depends": ["integration_core", "product"],
    "data": ["views/uom_uom_views.xml"],
    "demo": ["demo/integration_product_demo.xml"],
    "post_init_hook": "post_init_hook",
}
