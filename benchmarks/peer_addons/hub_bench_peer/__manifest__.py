{
    "name": "Benchmark Peer",
    "summary": "What the benchmarks measure the Integration Hub against: a webhook as a queue job",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Odoo Integration Hub contributors",
    "website": "https://github.com/odoo-integration-hub/odoo-integration-hub",
    "license": "LGPL-3",
    "depends": ["queue_job"],
}
