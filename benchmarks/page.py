"""How large the page of a network is, and how fast it opens and folds in a browser.

python benchmarks/page.py specs/resnet.arch ResNet.152 [times]

Needs selenium, Chromium and its driver. Each figure is the median of several runs, each with a page that
is opened anew.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from archdsl.files import read_spec, reader
from archdsl.outputs.page import page
from archdsl.pipeline import analyse

PRESS = """
const start = performance.now();
(arguments[0] ? document.querySelector(arguments[0]) : document.getElementById('open-all'))
    .dispatchEvent(new MouseEvent('click', {bubbles: true}));
return new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start))));
"""

INNERMOST = """
const frames = [...document.querySelectorAll('.frame')].filter(e => e.getAttribute('aria-expanded'));
const inner = frames.filter(e => !e.querySelector('.frame'));
return inner[Math.floor(inner.length / 2)].dataset.key;
"""


def main(spec: str, name: str, times: int = 5) -> None:
    path = Path(spec)
    networks = analyse(read_spec(path), reader(path.parent)).networks
    (network,) = [each for each in networks if each.name == name]
    begun = time.perf_counter()
    written = page([network])
    made = time.perf_counter() - begun
    with tempfile.NamedTemporaryFile(suffix=".html") as file:
        file.write(written)
        file.flush()
        runs = [run(Path(file.name).as_uri()) for _ in range(times)]
    print(f"{name}: {len(written):,} bytes, written in {1000 * made:.0f} ms")
    for what in runs[0]:
        print(f"  {what:28} {statistics.median(each[what] for each in runs):8.0f}")


def run(url: str) -> dict[str, float]:
    """One page, opened, opened whole, and folded: milliseconds, and what is shown."""
    driver = browser()
    try:
        driver.get(url)
        while not driver.execute_script("return document.body?.dataset.ready"):
            time.sleep(0.02)
        drawn = driver.execute_script("return performance.getEntriesByName('drawn')[0].startTime")
        first = driver.execute_script("return document.querySelectorAll('[data-key]').length")
        whole = driver.execute_script(PRESS, None)
        parts = driver.execute_script("return document.querySelectorAll('[data-key]').length")
        key = f'[data-key="{driver.execute_script(INNERMOST)}"]'
        closed, opened = (driver.execute_script(PRESS, each) for each in (f"{key} .header", key))
    finally:
        driver.quit()
    return {
        "first drawing, ms": drawn,
        "blocks and boxes in it": first,
        "all opened, ms": whole,
        "blocks and boxes then": parts,
        "one block closed, ms": closed,
        "and opened again, ms": opened,
    }


def browser() -> Any:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]))
