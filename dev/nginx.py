"""nginx as a reverse proxy of Odoo in tests: the installed one, or a downloaded copy."""

import shutil

from dev.debian import bring, wrap
from dev.paths import BIN, STATE, folder
from dev.processes import Process, answers, wait_for

CONFIG = """\
daemon off;
master_process off;
error_log {home}/error.log;
pid {home}/pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_client_certificate {certificate};
        ssl_verify_client optional;
        location / {{
            proxy_pass {upstream};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header Client-Cert $ssl_client_escaped_cert;
        }}
    }}
}}
"""


def program():
    """The path of an nginx that runs.

    :raises Problem: there is none, and none can be had.
    """
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found:
        return found
    own = BIN / "nginx"
    if not own.exists():
        prefix = bring("nginx-light", "nginx")
        wrap([prefix / "usr/sbin/nginx"], prefix, BIN)
    return str(own)


class Proxy:
    """TLS on ``port``, passed on to ``upstream``; who shows a certificate is named to it.

    :param certificate: a file, of the server and of the authority that client certificates are from.
    """

    def __init__(self, port, upstream, certificate, key):
        home = folder(STATE / "run/nginx")
        config = home / "nginx.conf"
        config.write_text(
            CONFIG.format(home=home, port=port, upstream=upstream, certificate=certificate, key=key)
        )
        self.url = f"https://127.0.0.1:{port}"
        self.process = Process("nginx", [program(), "-p", home, "-c", config], None)
        self.process.start()
        wait_for(lambda: answers(upstream + "/web/health"), "Odoo behind nginx", 60, self.process)

    def close(self):
        self.process.stop()
