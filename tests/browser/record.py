"""What `--report FILE` writes, used as people use it.

    record.py CHROMIUM FOLDER SHOTS

FOLDER has `plan.html`, `apply.html` (with rests and a failure), `drift.html`, `roll.html`, and
`5000.html`, an update of about as many tasks.
"""

import pathlib
import re
import sys

import visits
from playwright.sync_api import expect


def number(text):
    return int(re.match(r"\d+", text).group())


def shown(page):
    return number(page.locator("#count").inner_text())


def looks_good(browser, file, name):
    """In light, in dark, and on a small screen, opened and closed."""
    for scheme in ["light", "dark"]:
        with browser.visit(file, scheme=scheme) as page:
            visits.accessible(page, f"{name} in {scheme}")
            browser.shot(page, f"record-{name}-{scheme}")
            if page.locator("#open").count():
                page.locator("#open").click()
                visits.accessible(page, f"{name} in {scheme}, opened")
                browser.shot(page, f"record-{name}-{scheme}-open")
    with browser.visit(file, size=(390, 800)) as page:
        visits.accessible(page, f"{name} on a small screen")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{name} is {wide} wide on a small screen"
        browser.shot(page, f"record-{name}-small")


def is_filtered(browser, file):
    """By words and by what was done; what stays as it is is shown to those who ask."""
    with browser.visit(file) as page:
        entries = page.locator(".entry").count()
        changed = shown(page)
        assert 0 < changed <= entries
        kept = page.get_by_role("checkbox", name="kept")
        if kept.count():
            assert changed < entries
            kept.check()
        assert shown(page) == entries == page.locator(".entry:not([hidden])").count()
        page.get_by_label("Search").fill("iamrole/ nodes")
        some = shown(page)
        assert 0 < some < entries
        assert page.locator(".entry:not([hidden])").count() == some
        assert page.locator(".kind:not([hidden]) > h4").filter(has_text="VPC").count() == 0
        page.get_by_label("Search").fill("no such thing")
        assert shown(page) == 0 and page.locator(".kind:not([hidden])").count() == 0


def a_bar_leads_to_its_entry(browser, file):
    """Also to one that is not shown; and the address leads there again."""
    with browser.visit(file) as page:
        page.get_by_label("Search").fill("no such thing")
        bar = page.locator(".rows a").last
        place = bar.get_attribute("href")
        bar.click()
        entry = page.locator(place)
        expect(entry).to_be_visible()
        expect(entry).to_have_attribute("open", "")
        expect(entry.locator("summary")).to_be_focused()
        expect(entry.locator("summary")).to_be_in_viewport()
    with browser.visit(file, fragment=place) as page:
        expect(page.locator(place)).to_have_attribute("open", "")
        expect(page.locator(place + " summary")).to_be_in_viewport()


def shows_the_critical_path(browser, file):
    """Bars are drawn inside their chart, rests are hatched, and the path can be had alone."""
    with browser.visit(file) as page:
        rows, critical = page.locator(".rows .row"), page.locator(".rows .critical")
        everything = rows.count()
        assert 0 < critical.count() < everything
        assert page.locator(".rows .row:not([hidden])").count() == everything
        bars = page.evaluate(
            """[...document.querySelectorAll('.rows svg')].every(svg => {
                const frame = svg.getBoundingClientRect();
                return svg.querySelector('.work') && [...svg.querySelectorAll('rect, line')].every(rect => {
                    const bar = rect.getBoundingClientRect();
                    return rect.parentNode === svg && bar.left >= frame.left - 1 && bar.right <= frame.right + 1;
                });
            })"""
        )
        assert bars, "a row has no bar, or one that leaves it"
        page.get_by_label("only the critical path").check()
        assert page.locator(".rows .row:not([hidden])").count() == critical.count()


def is_used_by_keyboard(browser, file):
    with browser.visit(file) as page:
        search = page.get_by_label("Search")
        page.keyboard.press("/")
        expect(search).to_be_focused()
        before = shown(page)
        page.keyboard.type("vpc")
        assert shown(page) < before
        page.keyboard.press("Escape")
        expect(search).to_have_value("")
        assert shown(page) == before
        summary = page.locator(".entry:not([hidden]) summary").first
        summary.focus()
        page.keyboard.press("Enter")
        expect(summary.locator("..")).to_have_attribute("open", "")


def is_printed(browser, file):
    """On paper: light, whole, and without what needs a hand."""
    with browser.visit(file, scheme="dark") as page:
        page.emulate_media(media="print")
        expect(page.locator("#filters")).to_be_hidden()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        chart = page.locator(".chart")
        assert chart.evaluate("it => it.scrollHeight <= it.clientHeight + 1"), "the chart is cut off"


def main():
    chromium, folder, shots = map(pathlib.Path, sys.argv[1:])
    file = lambda name: folder / f"{name}.html"
    with visits.browser(chromium, shots) as browser:
        for name in ["plan", "apply", "drift", "roll"]:
            looks_good(browser, file(name), name)
        for name in ["plan", "apply", "5000"]:
            is_filtered(browser, file(name))
        for name in ["apply", "5000"]:
            a_bar_leads_to_its_entry(browser, file(name))
            shows_the_critical_path(browser, file(name))
        is_used_by_keyboard(browser, file("apply"))
        is_printed(browser, file("apply"))


main()
