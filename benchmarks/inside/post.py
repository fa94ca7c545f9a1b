"""Post reports to two addresses in turns, as fast as the server takes them:

    post.py DATABASE OURS BARE SECRET FIRST COUNT AT_ONCE ROUNDS

Everything is signed beforehand; prints how many were taken per second. A request that is not answered 202
ends it.
"""

import json
import sys
import time

import pycurl

OURS, BARE, SECRET = sys.argv[2:5]
FIRST, COUNT, AT_ONCE, ROUNDS = map(int, sys.argv[5:9])


def report(number):
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"r-{number}",
            "source": "/mes/halle-3",
            "type": "execution.operation.started",
            "subject": "WH/MO/00042",
            "time": "2026-11-21T05:30:00Z",
            "dataschema": "urn:odoo-integration-hub:execution.operation.started/v1",
            "data": {
                "order": "WH/MO/00042",
                "operation": f"WH/MO/00042/{number}",
                "started_at": "2026-11-21T05:30:00Z",
                "operator": "M. Okafor",
            },
        }
    ).encode()


def requests(key, sign, first):
    made = []
    for number in range(first, first + COUNT):
        body = report(number)
        signed = sign([key], f"msg_{number}", int(time.time()), body)
        headers = ["content-type: application/cloudevents+json", "expect:"]
        made.append((body, headers + [f"{name}: {value}" for name, value in signed.items()]))
    return made


def post(multi, handles, url, waiting):
    """:return: how many were taken per second."""
    free, done = list(handles), 0
    for handle in handles:
        handle.setopt(pycurl.URL, url)
    began = time.perf_counter()
    while done < COUNT:
        while free and waiting:
            handle = free.pop()
            body, headers = waiting.pop()
            handle.setopt(pycurl.POSTFIELDS, body)
            handle.setopt(pycurl.HTTPHEADER, headers)
            multi.add_handle(handle)
        multi.perform()
        _left, good, bad = multi.info_read()
        for handle in good:
            status = handle.getinfo(pycurl.RESPONSE_CODE)
            if status != 202:
                raise SystemExit(f"answered {status}")
            multi.remove_handle(handle)
            free.append(handle)
            done += 1
        if bad:
            raise SystemExit(f"failed: {bad[0][2]}")
        if not good:
            multi.select(0.05)
    return COUNT / (time.perf_counter() - began)


def main():
    import odoo.modules.module  # noqa: PLC0415

    odoo.tools.config.parse_config([], setup_logging=False)
    odoo.modules.module.initialize_sys_path()
    from odoo.addons.integration_core.wire import standard_webhooks  # noqa: PLC0415

    key, sign = standard_webhooks.key_of(SECRET), standard_webhooks.sign
    multi, handles = pycurl.CurlMulti(), []
    for _ in range(AT_ONCE):
        handle = pycurl.Curl()
        handle.setopt(pycurl.POST, 1)
        handle.setopt(pycurl.WRITEFUNCTION, lambda _data: None)
        handles.append(handle)
    rates = {OURS: [], BARE: []}
    for turn in range(ROUNDS):
        for url in (OURS, BARE) if turn % 2 else (BARE, OURS):
            rates[url].append(post(multi, handles, url, requests(key, sign, FIRST + turn * COUNT)[::-1]))
    print(json.dumps({"ours": rates[OURS], "bare": rates[BARE]}))


main()
