"""libcurl alone, 64 requests at once: what the receiver and this machine can take: bare.py DATABASE URL HOW_MANY BODY"""

import json
import sys
import time

import pycurl

URL, MANY, BODY = sys.argv[2], int(sys.argv[3]), sys.argv[4].encode()
multi = pycurl.CurlMulti()
waiting = MANY


def start(curl):
    global waiting
    waiting -= 1
    multi.add_handle(curl)


handles = []
for _ in range(64):
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, URL)
    curl.setopt(pycurl.POSTFIELDS, BODY)
    curl.setopt(pycurl.WRITEFUNCTION, lambda _chunk: None)
    curl.setopt(pycurl.HTTPHEADER, ["content-type: application/cloudevents+json", "webhook-id: 1", "Expect:"])
    handles.append(curl)
began = time.perf_counter()
for curl in handles:
    start(curl)
done = 0
while done < MANY:
    multi.perform()
    remaining, ended, failed = multi.info_read(256)
    if failed:
        sys.exit(f"failed: {failed[0]}")
    for curl in ended:
        done += 1
        multi.remove_handle(curl)
        if waiting > 0:
            start(curl)
    if not ended:
        multi.select(0.05)
print(json.dumps(MANY / (time.perf_counter() - began)))
