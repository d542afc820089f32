#!/usr/bin/env python3
"""Drives the HTML report in headless Chromium: search, open, filter, keyboard, hostile names, no errors.

usage: browser_test.py STRATA DSCGEN [SCREENSHOT_FOLDER]

Exits with 77 (and says "skipped") where there is no chromium. Prints how long a report of 4,000 images takes to be ready;
that is not asserted, because it depends on the machine. Only the standard library is used: the browser is talked to through
a pair of pipes (--remote-debugging-pipe), so no port is open.
"""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
HOSTILE = '<script>window.forged = 1</script><img src=x onerror="window.forged = 1">'


class Browser:
    def __init__(self, program, profile):
        to_read, self.writer = os.pipe()
        self.reader, to_write = os.pipe()

        def connect():  # the browser reads from 3 and writes to 4
            os.dup2(to_read, 30)
            os.dup2(to_write, 31)
            os.dup2(30, 3)
            os.dup2(31, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", "--user-data-dir=" + profile, "about:blank"],
            preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.rest, self.last, self.events, self.session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")

    def read(self):
        while b"\0" not in self.rest:
            piece = os.read(self.reader, 1 << 20)
            if not piece:
                raise RuntimeError("the browser went away")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") != self.last:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def value(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.value(f"Boolean({expression})"):
                return
            time.sleep(0.02)
        raise AssertionError("never came true: " + expression)

    def open(self, path):
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url="file://" + path)
        self.wait("document.documentElement?.dataset.ready")

    def key(self, key):
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r" if key == "Enter" else key} if kind == "keyDown" and (len(key) == 1 or key == "Enter") else {}
            code = {"windowsVirtualKeyCode": 13} if key == "Enter" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **text, **code)

    def type(self, text):
        for letter in text:
            self.key(letter)

    def look(self, width, height, scheme="light", medium=""):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media=medium, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def complaints(self):
        bad = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        return [event for event in self.events if event.get("method") in bad]

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        self.process.wait(30)


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def make_report(strata, dscgen, folder):
    run(dscgen, "make", "--out", folder + "/old", "--images", "60", "--seed", "1")
    run(dscgen, "next", "--from", folder + "/old", "--out", folder + "/new", "--change", "12", "--add", "2", "--remove", "2",
        "--seed", "2")
    store = folder + "/store"
    for side in ("old", "new"):
        run(strata, "index", "-q", "--store", store, folder + "/" + side, "--name", side)
    path = folder + "/report.html"
    run(strata, "diff", "old", "new", "--store", store, "--format", "html", "--output", path)
    return path


DATA = '<script type="application/json" id="%s">'
LIST = re.compile(DATA % "list" + "([^<]*)</script>")
ROWS_OF = re.compile(DATA % "r[0-9]+" + "([^<]*)</script>\n")


def longer(rows, times):
    body = json.loads(rows)
    body["g"] = [[group[0]] + group[1:] * times for group in body["g"]]
    return json.dumps(body, separators=(",", ":"))


def with_images(page, count, hostile=False, times=1):
    """The page with this many updated images, made from those it has, each list this many times as long."""
    models = [fields for fields in json.loads(LIST.search(page)[1]) if fields[5]]
    rows = [longer(match[1], times) for match in ROWS_OF.finditer(page)]
    images = []
    for i in range(count):
        fields = list(models[i % len(models)])
        fields[1] = f"/System/Copy{i}{fields[1]}"
        images.append((fields, rows[i % len(models)]))
    if hostile:
        body = {"n": [["relevance", HOSTILE]], "f": [["uuid", HOSTILE, "\u202eevil\x1b"]], "g": [["symbols", ["+" + HOSTILE, HOSTILE]]]}
        images.append((["updated", "/" + HOSTILE, HOSTILE, 9999, {"symbols": [1, 0, 0]}, 1], json.dumps(body)))
    first = ROWS_OF.search(page).start()
    end = page.rindex("</script>\n", first) + len("</script>\n")
    index = json.dumps([fields for fields, _ in images], separators=(",", ":")).replace("<", "\\u003C")
    made = "".join(DATA % f"r{i}" + body.replace("<", "\\u003C") + "</script>\n" for i, (_, body) in enumerate(images))
    return LIST.sub(lambda _: DATA % "list" + index + "</script>", page[:first]) + made + page[end:]


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


ROWS = "document.querySelectorAll('.image').length"
SHOWN = "document.getElementById('shown').textContent"


def check_reading(browser, path):
    browser.open(path)
    total = browser.value(ROWS)
    assert total > 10, total
    assert browser.value("document.title").endswith("old → new"), browser.value("document.title")
    # Open the first, by mouse: its rows come only now.
    assert browser.value("document.querySelectorAll('.rows li').length") == 0
    browser.value("document.querySelector('.image > summary').click()")
    browser.wait("document.querySelectorAll('.image[open] .rows li').length > 0")
    # Search a symbol of an image by the keyboard: only images that hold it stay.
    symbol = browser.value("[...document.querySelectorAll('.group')].find(g => /^symbols|^functions/.test(g.textContent))"
                           ".querySelector('.what').firstChild.data")
    browser.key("/")
    assert browser.value("document.activeElement.id") == "search"
    browser.type(symbol)
    browser.wait(f"/ of /.test({SHOWN}) && !/searching/.test({SHOWN}) && {ROWS} < {total}")
    assert browser.value(ROWS) >= 1
    assert browser.value("document.querySelector('.matches').textContent").split()[0].isdigit()
    browser.wait("document.querySelector('.image[open] mark')")
    browser.key("Escape")
    browser.wait(f"{ROWS} === {total}")
    # Filters.
    added = browser.value("Number(document.querySelector('.tile.added b').textContent)")
    browser.value("document.querySelector('.tile.added').click()")
    browser.wait(f"{ROWS} === {added}")
    assert browser.value("document.querySelector('.tile.added').getAttribute('aria-pressed')") == "true"
    browser.value("document.querySelector('.tile.added').click()")
    browser.value("document.querySelector('[data-kind=sections]').click()")
    browser.wait(f"{ROWS} < {total} && {ROWS} > 0")
    browser.key("Escape")
    # Keyboard: next, next, open, close all, help.
    browser.value("document.activeElement.blur()")
    browser.key("c")
    browser.wait("!document.querySelector('.image[open]')")
    browser.key("j")
    browser.key("j")
    browser.key("Enter")
    browser.wait("document.activeElement.closest('.image').open")
    assert browser.value("[...document.querySelectorAll('.image > summary')].indexOf(document.activeElement)") == 1
    browser.key("?")
    browser.wait("document.getElementById('keys').open")
    browser.value("document.querySelector('#keys button').click()")
    browser.wait("!document.getElementById('keys').open")
    browser.key("t")
    assert browser.value("document.documentElement.dataset.theme") == "dark"


def check_names_for_people(browser):
    """What assistive technology reads: every control has a name, every landmark is there."""
    nameless = browser.value("""[...document.querySelectorAll('button, input, select, a')].filter(e =>
        !(e.textContent.trim() || e.getAttribute('aria-label') || (e.labels && e.labels.length))).map(e => e.outerHTML)""")
    assert nameless == [], nameless
    assert browser.value("document.querySelectorAll('main, header, [role=search]').length") == 3
    assert browser.value("document.documentElement.lang") == "en"


CONTRASTS = """(() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const over = (colours) => {  // the colours, painted one over the other
    pen.clearRect(0, 0, 1, 1);
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const poor = [];
  for (const element of document.body.querySelectorAll('*')) {
    const has = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!has || !element.checkVisibility() || element.closest('.hidden, .skip, script, option, :disabled')) continue;
    const grounds = [];
    for (let up = element; up; up = up.parentElement) grounds.unshift(getComputedStyle(up).backgroundColor);
    const ground = over(['white', ...grounds]);
    const text = over(['white', ...grounds, getComputedStyle(element).color]);
    const [a, b] = [light(ground), light(text)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(element.className + ' "' + element.textContent.slice(0, 30) + '" ' + ratio.toFixed(2));
  }
  return [...new Set(poor)];
})()"""


def check_contrast(browser, path):
    """Every visible text against what is behind it, as WCAG 2 AA wants it, in both themes."""
    for scheme in ("light", "dark"):
        browser.look(1200, 900, scheme)
        browser.open(path)
        browser.value("document.querySelector('.tile:enabled').click()")
        browser.value("document.querySelectorAll('.image > summary')[0].click()")
        browser.wait("document.querySelector('.image[open] .rows li')")
        poor = browser.value(CONTRASTS)
        assert poor == [], (scheme, poor)
        browser.value("document.documentElement.style.setProperty('--muted', 'var(--line)')")
        assert browser.value(CONTRASTS) != [], "a check that cannot fail"
    browser.look(1200, 900)


def check_narrow(browser, path):
    """On a telephone nothing sticks out to the side."""
    browser.look(400, 800)
    browser.open(path)
    browser.value("document.querySelector('.image > summary').click()")
    browser.wait("document.querySelector('.image[open] .rows li')")
    assert browser.value("document.documentElement.scrollWidth") <= 400
    browser.look(1200, 900)


def check_focus(browser, path):
    """The keyboard alone gets everywhere, in the order of the page, and one sees where it is."""
    browser.open(path)
    seen = []
    for _ in range(40):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        browser.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        seen.append(browser.value("(document.activeElement.id || document.activeElement.className || document.activeElement.tagName)"
                                  " + ' ' + getComputedStyle(document.activeElement).outlineStyle"))
    places = [place.split()[0] for place in seen]
    for place in ("skip", "theme", "help", "tile", "kind", "search", "sort", "clear"):
        assert place in places, (place, seen)
    assert places.index("skip") < places.index("theme") < places.index("search") < places.index("clear"), seen
    assert all(not place.endswith(" none") for place in seen if not place.startswith("BODY")), seen


def check_hostile(browser, page, folder):
    browser.open(write(folder + "/hostile.html", with_images(page, 3, hostile=True)))
    scripts = browser.value("document.scripts.length")
    browser.value("document.querySelector('.image > summary').click()")
    browser.wait("document.querySelector('.image[open] .rows li')")
    assert HOSTILE in browser.value("document.querySelector('.image[open] .rows li').textContent")
    assert browser.value("document.scripts.length") == scripts
    assert browser.value("document.images.length") == 0
    assert browser.value("window.forged") is None
    assert "\\u202Eevil\\x1B" in browser.value("document.querySelector('.image[open] table').textContent")
    browser.key("/")
    browser.type("<script>window")
    browser.wait(f"{ROWS} === 1 && document.querySelector('mark')")


def check_large(browser, page, folder):
    path = write(folder + "/large.html", with_images(page, 4000, times=12))
    browser.open(path)
    ready = browser.value("document.documentElement.dataset.ready")
    assert browser.value("document.getElementById('shown').textContent").startswith("4,000 of 4,000")
    # An image can be opened while the browser still reads the rest: its rows come as soon as they are there.
    browser.value("document.querySelector('.image > summary').click()")
    browser.wait("document.querySelector('.image[open] .rows li')")
    opened = browser.value("Math.round(performance.now())")
    browser.wait("document.documentElement.dataset.loaded")
    loaded = browser.value("document.documentElement.dataset.loaded")
    assert int(ready) < int(loaded), (ready, loaded)
    start = time.monotonic()
    browser.key("/")
    browser.type("zzzz")
    browser.wait(f"/nothing fits/.test({SHOWN}) && document.getElementById('images').dataset.searched === 'zzzz'")
    print(f"4,000 images, {os.path.getsize(path) / 1e6:.0f} MB: ready after {ready} ms, one opened after {opened} ms, all read after "
          f"{loaded} ms, then all contents searched in {time.monotonic() - start:.2f} s")


def take_screenshots(browser, path, folder):
    for name, width, scheme, medium in (("light", 1200, "light", ""), ("dark", 1200, "dark", ""), ("narrow", 400, "light", ""),
                                        ("print", 800, "dark", "print")):
        browser.look(width, 900, scheme, medium)
        browser.open(path)
        browser.value("document.querySelector('.image > summary').click()")
        time.sleep(0.3)
        browser.screenshot(f"{folder}/{name}.png")


def main():
    program = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if not program:
        print("skipped: no chromium here")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="strata-browser-") as folder:
        path = make_report(sys.argv[1], sys.argv[2], folder)
        with open(path, encoding="utf-8") as file:
            page = file.read()
        browser = Browser(program, folder + "/profile")
        try:
            browser.look(1200, 900)
            check_reading(browser, path)
            check_names_for_people(browser)
            check_contrast(browser, path)
            check_narrow(browser, path)
            check_focus(browser, path)
            check_hostile(browser, page, folder)
            check_large(browser, page, folder)
            if len(sys.argv) > 3:
                take_screenshots(browser, path, sys.argv[3])
            assert browser.complaints() == [], browser.complaints()
        finally:
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
