"""What `cloudup graph -o html` shows, used as people use it.

    graph.py CHROMIUM FOLDER SHOTS

FOLDER has `1.html`, `41.html` and `5000.html`, each with about as many tasks as its name says, and
`41.svg`.
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


def rows(page):
    return page.locator("#list li:not([hidden]) button")


def has_everything(page):
    """Every task is in the list and in the picture."""
    expect(page.locator("#filters")).to_be_visible()
    count = shown(page)
    assert count == page.locator("#picture .thing").count() == page.locator("#list li").count()


def looks_good(browser, file, name):
    """In light, in dark, on a small screen."""
    for scheme, size in [("light", (1440, 900)), ("dark", (1440, 900)), ("light", (390, 800))]:
        with browser.visit(file, scheme=scheme, size=size) as page:
            has_everything(page)
            rows(page).first.click()
            what = f"{name}-{scheme}-{size[0]}"
            visits.accessible(page, what)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size[0], f"{what} is {wide} wide"
            browser.shot(page, f"graph-{what}")


def copes_with_many(browser, file):
    """Thousands are shown, found and chosen."""
    with browser.visit(file) as page:
        has_everything(page)
        browser.shot(page, "graph-many-light")
        page.emulate_media(color_scheme="dark")
        page.get_by_label("Search").fill("nodes-123")
        assert 0 < shown(page) < 50
        rows(page).last.click()
        expect(page.locator("#chosen h3")).to_contain_text("nodes-123")
        expect(page.locator("#picture .thing[aria-current]")).to_be_in_viewport()
        browser.shot(page, "graph-many-dark")


def is_an_image(browser, file):
    """The SVG by itself is XML that a browser reads."""
    with browser.visit(file) as page:
        assert page.evaluate("document.documentElement.tagName") == "svg"
        assert page.locator(".thing").count() > 40
        browser.shot(page, "graph-svg")


def colours_are_chosen(browser, file):
    """The switch beats the system."""
    with browser.visit(file, scheme="light") as page:
        ground = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = ground()
        page.get_by_label("Colours").select_option("dark")
        assert ground() != light
        page.get_by_label("Colours").select_option("")
        assert ground() == light


def is_filtered(browser, file):
    """By kind, phase, change and words; the address says how, and leads there again."""
    with browser.visit(file) as page:
        everything = shown(page)
        page.get_by_label("Kind").select_option("IAMRole")
        roles = shown(page)
        assert 0 < roles < everything
        assert rows(page).count() == roles
        assert page.locator("#picture .thing:not(.off)").count() == roles
        assert "kind=IAMRole" in page.url
        page.get_by_role("button", name="Show all").click()
        expect(page.locator("#count")).to_have_text(f"{everything} of {everything} shown")
        assert "#" not in page.url

        page.get_by_label("Phase").select_option("network")
        network = shown(page)
        assert 0 < network < everything
        address = page.url
        page.get_by_role("button", name="Show all").click()

        page.get_by_role("checkbox", name="create").uncheck()
        assert shown(page) < everything
        assert "without=create" in page.url
        page.get_by_role("checkbox", name="create").check()

        page.get_by_label("Search").fill("NODES")
        found = shown(page)
        assert 0 < found < everything
        assert all("nodes" in text.lower() for text in rows(page).all_text_contents())
        page.get_by_label("Search").fill("no task is called so")
        assert shown(page) == 0
        assert rows(page).count() == 0
    with browser.visit(file, fragment=address[address.index("#"):]) as page:
        assert shown(page) == network


def is_chosen_by_mouse(browser, file):
    """In the list or in the picture: details are shown, and the picture marks it."""
    with browser.visit(file, fragment="#kind=IAMRolePolicy") as page:
        details = page.locator("#chosen")
        expect(details).to_contain_text("Choose a task")
        row = rows(page).first
        name = row.locator(".name").inner_text()
        row.click()
        expect(details.locator("h3")).to_contain_text(f"IAMRolePolicy/{name}")
        expect(details).to_contain_text("Lifecycle")
        expect(details.locator("table")).to_contain_text("Statement")
        expect(page.locator("#picture .thing[aria-current] .kind")).to_have_text("IAMRolePolicy")
        assert page.locator("#picture .link.on").count() > 0
        browser.shot(page, "graph-chosen")

        # A link to a part of the page leads there, and no more.
        page.get_by_role("link", name="Picture", exact=True).click()
        expect(details.locator("h3")).to_contain_text(f"IAMRolePolicy/{name}")
        assert rows(page).count() == page.locator("#picture .thing:not(.off)").count()

        # What it needs is a way on.
        details.get_by_role("heading", name="Needs").locator("+ ul button").first.click()
        expect(details.locator("h3")).to_contain_text("IAMRole/")
        address = page.url

        page.get_by_role("button", name="Whole").click()
        page.locator("#picture .thing:not(.off)").last.click()
        expect(details.locator("h3")).to_contain_text("IAMRolePolicy/")
    with browser.visit(file, fragment=address[address.index("#"):]) as page:
        expect(page.locator("#chosen h3")).to_contain_text("IAMRole/")


def is_used_by_keyboard(browser, file):
    """No mouse: along the list, into details and back, along the picture."""
    with browser.visit(file) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.locator("#clear").focus()
        page.keyboard.press("Tab")
        expect(rows(page).nth(0)).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(rows(page).nth(2)).to_be_focused()
        page.keyboard.press("End")
        expect(rows(page).last).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#chosen")).to_be_focused()
        page.keyboard.press("Escape")
        expect(rows(page).last).to_be_focused()

        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(page.locator("#picture .thing[aria-current]")).to_be_focused()
        page.keyboard.press("ArrowLeft")
        thing = page.locator("#picture .thing:focus")
        expect(thing).to_have_count(1)
        assert thing.get_attribute("aria-current") is None
        browser.shot(page, "graph-keyboard")
        label = thing.get_attribute("aria-label")
        page.keyboard.press("Enter")
        expect(page.locator("#chosen h3")).to_contain_text(label.rsplit(":", 1)[0])
        page.keyboard.press("Escape")
        expect(thing).to_be_focused()


def is_moved(browser, file):
    """By wheel, buttons and dragging; a drag chooses nothing."""
    with browser.visit(file) as page:
        view = lambda: [float(part) for part in page.locator("#picture").get_attribute("viewBox").split()]
        whole = view()
        page.get_by_role("button", name="Closer").click()
        assert view()[2] < whole[2]
        page.get_by_role("button", name="Whole").click()
        assert view() == whole
        page.locator("#picture").hover()
        page.mouse.wheel(0, -300)
        page.wait_for_function(f"document.getElementById('picture').viewBox.baseVal.width < {whole[2]}")
        page.mouse.down()
        page.mouse.move(400, 300, steps=4)
        page.mouse.up()
        assert view()[:2] != whole[:2]
        expect(page.locator("#chosen")).to_contain_text("Choose a task")


def is_printed(browser, file):
    """On paper: light, and without what needs a hand."""
    with browser.visit(file, scheme="dark") as page:
        page.emulate_media(media="print")
        expect(page.locator("#filters")).to_be_hidden()
        expect(page.locator("#picture")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def main():
    chromium, folder, shots = map(pathlib.Path, sys.argv[1:])
    one, some, many = (folder / f"{count}.html" for count in [1, 41, 5000])
    with visits.browser(chromium, shots) as browser:
        looks_good(browser, one, "1")
        looks_good(browser, some, "41")
        is_an_image(browser, folder / "41.svg")
        colours_are_chosen(browser, some)
        is_filtered(browser, some)
        is_chosen_by_mouse(browser, some)
        is_used_by_keyboard(browser, some)
        is_moved(browser, some)
        is_printed(browser, some)
        copes_with_many(browser, many)


main()
