"""A real browser on a site: log in, open a record, take a picture, and notice what goes wrong."""

import os
import shutil
from contextlib import contextmanager

from playwright.sync_api import expect, sync_playwright

from dev.paths import REPO, STATE, folder

PICTURES = STATE / "pictures"
# ``./hub test --pictures`` makes those of the README anew.
DOCUMENTED = REPO / "docs/images"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
LOAD_MS = 30_000


class Screen:
    def __init__(self, site, page):
        self.site = site
        self.page = page
        self.errors = []
        page.set_default_timeout(LOAD_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda said: self.errors.append(said.text) if said.type == "error" else None,
        )

    def log_in(self, login, password=None):
        self.page.goto(f"{self.site.url}/web/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", password or login)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".o_navbar, .o_main_navbar")
        return self

    def open(self, action, record=None):
        """An action by its external id, or one record of it."""
        self.page.goto(f"{self.site.url}/odoo/action-{action}" + (f"/{record}" if record else ""))
        self.page.wait_for_selector(
            ".o_form_view, .o_list_view, .o_kanban_view, .o_graph_view, .o_pivot_view"
        )
        self.settle()
        return self

    def settle(self):
        """Until nothing is being loaded; the web client's own bus never rests."""
        self.page.wait_for_timeout(400)
        self.page.wait_for_selector(".o_loading_indicator", state="hidden")

    def tab(self, name):
        self.page.get_by_role("tab", name=name).click()
        self.settle()
        return self

    def see(self, *texts):
        for text in texts:
            expect(self.page.locator(".o_action_manager")).to_contain_text(text, timeout=15_000)
        return self

    def picture(self, name):
        path = folder(PICTURES) / f"{name}.png"
        self.page.screenshot(path=path)
        if os.environ.get("HUB_PICTURES") and f"{name}.png" in (REPO / "README.md").read_text():
            shutil.copy(path, DOCUMENTED)
        return self


@contextmanager
def browser(site, width=1360, height=860):
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ["HUB_CHROMIUM"], args=QUIET)
        context = chromium.new_context(viewport={"width": width, "height": height})
        try:
            yield Screen(site, context.new_page())
        finally:
            chromium.close()
