"""The page in a real browser: what people do with it, and how fast it answers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import archdsl
from archdsl.files import read_spec, reader
from archdsl.outputs.page import page
from archdsl.pipeline import analyse

from test_page import hostile  # isort: skip

selenium = pytest.importorskip("selenium", reason="selenium, which drives the browser, is not installed")

from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
    pytest.mark.skipif(DRIVER is None, reason="there is no chromedriver: apt-get install chromium-driver"),
]

FIRST_PAINT, FOLD = 2000, 300
"""Milliseconds that the whole of ResNet-152 may take until it is seen, and a fold in it."""

SLACK = float(os.environ.get("ARCHDSL_SLACK", "1"))
"""By how much a slow machine is forgiven."""


class Browser:
    """A page in a headless Chromium."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get("about:blank")
        self.logs()
        self.driver.get_log("performance")
        self.driver.get(url)
        self.until(lambda: self.run("return document.body.dataset.ready"))

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def until(self, condition: Callable[[], Any], seconds: float = 10) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := condition():
                return found
            time.sleep(0.03)
        raise AssertionError("it never came to pass")

    def logs(self) -> list[str]:
        """What the browser complained about since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [
            each["params"]["request"]["url"]
            for each in messages
            if each["method"] == "Network.requestWillBeSent"
        ]

    # -- the drawing --------------------------------------------------------------------------------

    def shown(self) -> list[str]:
        """What is shown, in the order of the flow."""
        return self.run("return [...document.querySelectorAll('[data-key]')].map(e => e.dataset.key)")

    def part(self, key: str) -> Any:
        return self.run("return document.querySelector(`[data-key='${CSS.escape(arguments[0])}']`)", key)

    def press(self, key: str, within: str = "") -> None:
        """Click on a part, or on something within it, as a pointer would."""
        self.run(
            "const part = document.querySelector(`[data-key='${CSS.escape(arguments[0])}']`);"
            "(arguments[1] ? part.querySelector(arguments[1]) : part)"
            ".dispatchEvent(new MouseEvent('click', {bubbles: true}))",
            key,
            within,
        )

    def click(self, name: str) -> None:
        self.driver.find_element(By.ID, name).click()

    def expanded(self, key: str) -> str | None:
        return self.run("return arguments[0].getAttribute('aria-expanded')", self.part(key))

    def selected(self) -> str | None:
        return self.run("return document.querySelector('[aria-selected=true][data-key]')?.dataset.key")

    def focused(self) -> str | None:
        return self.run("return document.activeElement.closest('[data-key]')?.dataset.key")

    def details(self) -> str:
        return self.driver.find_element(By.ID, "details").text

    def place(self, key: str) -> tuple[float, float]:
        box = self.run("const r = arguments[0].getBoundingClientRect(); return [r.x, r.y]", self.part(key))
        return box[0], box[1]

    def type(self, *keys: str) -> None:
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def timed(self, action: str) -> float:
        """Milliseconds from an action until the browser has painted what came of it."""
        return float(
            self.run(
                f"const start = performance.now(); {action};"
                "return new Promise(done => requestAnimationFrame(() => setTimeout("
                "() => done(performance.now() - start))))"
            )
        )


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    assert CHROMIUM is not None and DRIVER is not None
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[Browser]:
    opened = Browser(chromium)
    yield opened
    assert opened.logs() == []
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The address of the page of a spec."""
    folder = tmp_path_factory.mktemp("pages")

    def address(name: str) -> str:
        file = folder / f"{name}.html"
        if not file.exists():
            path = ROOT / "specs" / f"{name}.arch"
            file.write_bytes(page(analyse(read_spec(path), reader(path.parent)).networks, name))
        return file.as_uri()

    return address


Pages = Callable[[str], str]

# -- opening ----------------------------------------------------------------------------------------


def test_it_opens_and_asks_nobody(browser: Browser, pages: Pages) -> None:
    browser.open(pages("googlenet"))
    assert {"image", "inception_3a", "inception_3a.concat1", "output 0"} <= set(browser.shown())
    asked = browser.requests()
    assert pages("googlenet") in asked and set(asked) <= {pages("googlenet"), "data:,"}
    assert browser.run("return performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize("name", [path.stem for path in sorted((ROOT / "specs").glob("*.arch"))])
def test_every_network_is_drawn_folded_and_open_without_overlaps(
    browser: Browser, pages: Pages, name: str
) -> None:
    browser.open(pages(name))
    names = browser.run("return [...document.getElementById('networks').options].map(o => o.value)")
    for network in names[:: max(1, len(names) // 3)]:
        for state in ("close-all", "open-all"):
            overlaps, count = browser.run(_OVERLAPS, network, state)
            assert count > 1
            assert not overlaps, (network, state, overlaps[:5])


_OVERLAPS = """
const [network, state] = arguments, picker = document.getElementById('networks');
picker.value = network;
picker.dispatchEvent(new Event('change'));
document.getElementById(state).click();
const found = [];
const groups = [document.querySelector('.all'), ...document.querySelectorAll('.frame > g[role=group]')];
for (const group of groups.slice(0, 400)) {
    const boxes = [...group.children].filter(e => e.dataset.key).map(e => {
        const body = e.querySelector('.body').getBBox(), at = e.transform.baseVal.consolidate().matrix;
        return {key: e.dataset.key, x: at.e, y: at.f, width: body.width, height: body.height};
    });
    for (const a of boxes) for (const b of boxes) {
        if (a === b) break;
        const apart = a.x + a.width <= b.x + 1 || b.x + b.width <= a.x + 1
            || a.y + a.height <= b.y + 1 || b.y + b.height <= a.y + 1;
        if (!apart) found.push([a.key, b.key]);
    }
}
return [found, document.querySelectorAll('[data-key]').length];
"""


def test_texts_stay_in_their_boxes(browser: Browser, pages: Pages) -> None:
    for name in ("googlenet", "faster-rcnn", "unet"):
        browser.open(pages(name))
        outside = browser.run("""
            return [...document.querySelectorAll('.box')].flatMap(box => {
                const body = box.querySelector('.body').getBoundingClientRect();
                return [...box.querySelectorAll('text')].filter(t => !t.closest('.badge')).filter(t => {
                    const r = t.getBoundingClientRect();
                    return r.left < body.left - 1 || r.right > body.right + 1 || r.top < body.top - 2
                        || r.bottom > body.bottom + 2;
                }).map(t => t.textContent);
            })""")
        assert outside == []


# -- folding ----------------------------------------------------------------------------------------


def test_a_block_opens_where_it_is_and_closes_again(browser: Browser, pages: Pages) -> None:
    browser.open(pages("googlenet"))
    before = browser.place("inception_4a")
    assert browser.expanded("inception_4a") == "false"
    browser.press("inception_4a")
    assert browser.expanded("inception_4a") == "true" and "inception_4a.conv5" in browser.shown()
    assert browser.place("inception_4a") == pytest.approx(before, abs=4)
    browser.press("inception_4a", ".header")
    assert browser.expanded("inception_4a") == "false" and "inception_4a.conv5" not in browser.shown()
    assert browser.place("inception_4a") == pytest.approx(before, abs=4)


def test_repetitions_unfold_and_fold(browser: Browser, pages: Pages) -> None:
    browser.open(pages("resnet") + "#ResNet.152")
    assert "layer3.1" in browser.shown() and "layer3.2" not in browser.shown()
    browser.press("layer3.1", ".badge")
    assert [key for key in browser.shown() if key.startswith("layer3.")] == [f"layer3.{i}" for i in range(36)]
    (unfolded,) = [key for key in browser.shown() if key.startswith("layer3×")]
    browser.press(unfolded, ".badge")
    assert "layer3.2" not in browser.shown()


def test_all_open_and_all_closed(browser: Browser, pages: Pages) -> None:
    browser.open(pages("resnet") + "#ResNet.50")
    browser.click("open-all")
    units = enumerate((3, 4, 6, 3), 1)
    layers = {f"layer{stage}.{unit}.conv3" for stage, count in units for unit in range(count)}
    assert layers <= set(browser.shown())
    browser.click("close-all")
    assert [key for key in browser.shown() if key.startswith("layer")] == [
        "layer1",
        "layer2",
        "layer3",
        "layer4",
    ]
    browser.run(
        "const d = document.getElementById('depth'); d.value = 1; d.dispatchEvent(new Event('input'))"
    )
    assert {"layer1.0", "layer1.1"} <= set(browser.shown()) and "layer1.0.conv1" not in browser.shown()


def test_the_flow_turns_to_the_right(browser: Browser, pages: Pages) -> None:
    browser.open(pages("vgg") + "#VGG.D")
    browser.click("turn")
    (x, y), (right, level) = browser.place("features.0"), browser.place("features.2")
    assert right > x + 60 and level == pytest.approx(y, abs=2)


# -- finding ----------------------------------------------------------------------------------------


def test_search_marks_lists_and_jumps(browser: Browser, pages: Pages) -> None:
    browser.open(pages("googlenet"))
    field = browser.driver.find_element(By.ID, "search")
    field.send_keys("5x5 conv")
    assert browser.run("return document.getElementById('count').textContent") == "9 matches"
    hits = browser.run("return [...document.querySelectorAll('.hit')].map(e => e.dataset.key)")
    assert "inception_4b" in hits and "inception_3a.conv5" in hits
    field.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)
    assert browser.selected() == "inception_3b.conv5"
    field.send_keys(Keys.ENTER)
    assert browser.selected() == "inception_4a.conv5"
    field.send_keys(Keys.ESCAPE)
    field.send_keys(Keys.ESCAPE)
    assert browser.run("return document.querySelectorAll('.hit').length") == 0


def test_a_link_leads_to_a_layer_and_the_address_follows(browser: Browser, pages: Pages) -> None:
    browser.open(pages("resnet") + "#ResNet.152/layer3.20.bn2")
    assert browser.selected() == "layer3.20.conv2"
    told = browser.details()
    assert "layer3.20.bn2" in told and "batchnorm" in told
    assert browser.run("return document.querySelector('.strip.active text').textContent") == "batchnorm"
    browser.press("layer3.20.conv3")
    assert browser.run("return location.hash") == "#ResNet.152/layer3.20.conv3"
    browser.run("location.hash = '#ResNet.18/layer1.1.conv1'")
    browser.until(lambda: browser.selected() == "layer1.1.conv1")
    assert browser.run("return document.getElementById('networks').value") == "ResNet.18"


def test_pressing_a_line_of_the_spec_shows_what_it_makes(browser: Browser, pages: Pages) -> None:
    text = (ROOT / "specs" / "googlenet.arch").read_text("utf-8").splitlines()
    line = next(number for number, each in enumerate(text, 1) if each.strip().startswith("inception_4c"))
    browser.open(pages("googlenet"))
    browser.run(f"document.querySelector('[data-line=\"{line}\"]').click()")
    assert browser.run("return [...document.querySelectorAll('.hit')].map(e => e.dataset.key)") == [
        "inception_4c"
    ]


# -- what is told -----------------------------------------------------------------------------------


def test_the_panel_tells_all_of_a_layer(browser: Browser, pages: Pages) -> None:
    browser.open(pages("resnet") + "#ResNet.152/layer1.0.conv2")
    net = archdsl.load(ROOT / "specs" / "resnet.arch")["ResNet.152"]
    (layer,) = [each for each in net.layers if each["path"] == "layer1.0.conv2"]
    told = browser.details()
    for fact in (
        "3×3 conv, 64",
        "64 × 56 × 56",
        f"{layer['params']:,}",
        f"{layer['macs']:,}",
        "64 × 64 × 3 × 3",
    ):
        assert fact in told
    assert " × ".join(map(str, layer["receptive_field"])) in told
    marked = browser.run("return [...document.querySelectorAll('.line.at mark')].map(e => e.textContent)")
    assert "".join(marked).startswith("conv(")
    assert browser.run("return document.querySelectorAll('.line.way').length") > 1


def test_hovering_tells_and_leaving_takes_it_back(browser: Browser, pages: Pages) -> None:
    browser.open(pages("vgg") + "#VGG.D")
    whole = browser.details()
    ActionChains(browser.driver).move_to_element(browser.part("features.2")).perform()
    browser.until(lambda: "features.2" in browser.details())
    assert "36,928" in browser.details()
    assert browser.run("return document.querySelectorAll('.wire.near').length") == 2
    ActionChains(browser.driver).move_to_element(browser.driver.find_element(By.ID, "theme")).perform()
    browser.until(lambda: browser.details() == whole)


# -- the keyboard and the listener ------------------------------------------------------------------


def test_the_keyboard_alone_is_enough(browser: Browser, pages: Pages) -> None:
    browser.open(pages("googlenet"))
    browser.run("document.body.focus()")
    browser.type(Keys.TAB)
    assert browser.run("return document.activeElement.id") == "skip-drawing"
    browser.type(Keys.ENTER)
    assert browser.focused() == "image"
    browser.type(Keys.ARROW_DOWN)
    assert browser.focused() == browser.shown()[1]
    browser.run("document.querySelector('[data-key=inception_3b]').focus()")
    browser.type(Keys.ENTER)
    assert browser.expanded("inception_3b") == "true" and browser.focused() == "inception_3b"
    browser.type(Keys.ARROW_RIGHT)
    assert browser.focused() == "inception_3b.conv1" == browser.selected()
    browser.type(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert browser.focused() == "inception_3b" and browser.expanded("inception_3b") == "false"
    browser.type(Keys.SPACE, Keys.END)
    assert browser.focused() == browser.shown()[-1]
    browser.type("/")
    assert browser.run("return document.activeElement.id") == "search"


def test_a_listener_is_told_what_is_there_and_what_happens(browser: Browser, pages: Pages) -> None:
    browser.open(pages("googlenet"))
    labels = browser.run(
        "return [...document.querySelectorAll('[role=treeitem]')].map(e => e.getAttribute('aria-label'))"
    )
    assert len(labels) == len(browser.shown()) and all(labels)
    assert any(label.startswith("block inception_4a") and "376,176 parameters" in label for label in labels)
    assert browser.run("return document.querySelectorAll('[data-key][tabindex=\"0\"]').length") == 1
    browser.press("inception_4a")
    assert "inception_4a opened" in browser.run("return document.getElementById('live').textContent")
    unnamed = browser.run("""
        return [...document.querySelectorAll('button, input, select')]
            .filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
            .map(e => e.id)""")
    assert unnamed == []


# -- looks ------------------------------------------------------------------------------------------


def paper(browser: Browser) -> str:
    return str(browser.run("return getComputedStyle(document.documentElement).backgroundColor"))


def test_dark_as_the_system_has_it_and_as_it_is_chosen(browser: Browser, pages: Pages) -> None:
    browser.open(pages("vgg"))
    light = paper(browser)
    browser.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    dark = paper(browser)
    assert dark != light
    browser.click("theme")
    assert paper(browser) == light
    browser.click("theme")
    assert paper(browser) == dark
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert paper(browser) == dark
    browser.click("theme")
    assert paper(browser) == light


def test_hostile_names_are_only_text(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    file.write_bytes(page([hostile()], "<img src=x onerror=alert(1)>"))
    browser.open(file.as_uri())
    browser.click("open-all")
    assert browser.run("return document.querySelectorAll('img, #parts script, aside script').length") == 0
    assert "alert(1)" in browser.details()


# -- speed ------------------------------------------------------------------------------------------


def test_the_whole_of_a_deep_network_is_painted_soon_and_folds_at_once(
    browser: Browser, pages: Pages
) -> None:
    browser.open(pages("resnet") + "#ResNet.152")
    drawn = browser.run("return performance.getEntriesByName('drawn')[0].startTime")
    opened = browser.timed("document.getElementById('open-all').click()")
    assert drawn + opened < FIRST_PAINT * SLACK, (drawn, opened)
    assert len(browser.shown()) > 300
    for _ in range(2):
        for within in (" .header", ""):
            fold = browser.timed(
                f"document.querySelector('[data-key=\"layer3.5\"]{within}')"
                ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
            )
            assert fold < FOLD * SLACK, fold


# -- following --------------------------------------------------------------------------------------


def test_view_redraws_and_keeps_what_is_open(browser: Browser, tmp_path: Path) -> None:
    spec = tmp_path / "net.arch"
    text = (
        "block unit(c) { conv(c, 3, padding = same) -> relu; conv(c, 1) }\n"
        "net Net {\n    input x: 3 x 8 x 8\n    first: unit(4)\n    second: unit(8)\n}\n"
    )
    spec.write_text(text)
    running = subprocess.Popen(
        [sys.executable, "-m", "archdsl", "view", "--no-open", str(spec)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert running.stdout is not None
        url = running.stdout.readline().strip()
        browser.open(url)
        assert set(browser.requests()) <= {url, "data:,", f"{url}events?since=1"}
        browser.press("second", ".header")
        browser.press("first.conv1")
        spec.write_text(text.replace("unit(4)", "unit(16)"))
        browser.until(lambda: "3×3 conv, 16" in browser.details())
        assert browser.selected() == "first.conv1" and browser.expanded("second") == "false"
        spec.write_text(text.replace("conv(c, 1)", "conv(c, 99)"))
        browser.until(lambda: browser.run("return document.body.classList.contains('stale')"))
        assert "error[E" in browser.driver.find_element(By.ID, "problems").text
        assert "first.conv1" in browser.shown()
        wrong = "document.querySelector('.faulty #wrong img')?.naturalWidth > 100"
        browser.until(lambda: browser.run(f"return {wrong}"))
        assert "conv(c, 99)" in browser.run("return document.querySelector('.line.wrong').textContent")
        spec.write_text(text)
        browser.until(lambda: not browser.run("return document.body.matches('.stale, .faulty')"))
        assert browser.selected() == "first.conv1"
        assert browser.logs() == []
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0
        browser.until(lambda: browser.run("return document.body.classList.contains('alone')"))
        browser.driver.get("about:blank")
        browser.logs()  # that the connection was lost is what the browser has to say
    finally:
        running.kill()
