"""The page in a real browser: Chromium without a window, driven by Playwright."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest
from matplotlib import image

from skgraph.viewer import Layer, Segment, ViewedClip, viewer_page

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install -e '.[browser]'")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the path")


def until(tab, expression):
    """Wait until it is true. (Playwright's own way evaluates text in the page, which the page's policy forbids.)"""
    for _ in range(200):
        if tab.evaluate(expression):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f"{expression} never came true")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def view_file(tmp_path_factory, topology):
    """Two clips, one with two bodies of which the second leaves, that wave for two seconds."""
    rng = np.random.default_rng(0)
    pose = rng.normal(size=(25, 3)).astype(np.float32) * 0.4
    wave = np.sin(np.arange(61) / 10, dtype=np.float32)[:, None, None] * 0.2
    one = (pose + wave)[None]
    two = np.concatenate([one, one + np.float32([1.5, 0, 0])])
    there = np.ones((2, 61), bool)
    there[1, 30:] = False
    layer = Layer("error", rng.random((1, 4, 25)).astype(np.float32))
    both = Layer("error", rng.random((2, 4, 25)).astype(np.float32))
    known = (Segment("arm <b>up</b>", 0.0, 0.5, 0.9), Segment("arm down", 1.0, 2.0, 0.6))
    clips = [
        ViewedClip("first", "wave", 30.0, one, there[:1], {"error": layer}, known),
        ViewedClip("second", "shake hands", 30.0, two, there, {"error": both}),
    ]
    path = tmp_path_factory.mktemp("page") / "view.html"
    path.write_text(viewer_page(topology, clips, "Waving"), encoding="utf-8")
    return path


@pytest.fixture
def tab(browser, view_file):
    """An opened page, at rest; nothing may be said on the console."""
    tab = browser.new_page(viewport={"width": 1000, "height": 700}, reduced_motion="reduce")
    said = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: said.append(request.url) if not request.url.startswith("file:") else None)
    tab.goto(view_file.as_uri())
    until(tab, "window.viewer && viewer.draws > 0")
    yield tab
    assert said == []
    tab.close()


def settled(tab):
    """A screenshot of the stage after the next drawing, as ``[height, width, 3]`` in 0 to 1."""
    tab.wait_for_timeout(150)
    png = tab.locator("#stage").screenshot()
    return image.imread(io.BytesIO(png))[..., :3]


def coloured(picture):
    """Share of pixels that are neither grey nor the background."""
    return float((np.ptp(picture, axis=-1) > 0.15).mean())


def test_skeletons_are_there_in_both_halves(tab):
    picture = settled(tab)
    left, right = np.array_split(picture, 2, axis=1)
    assert 0.003 < coloured(left) < 0.3 and 0.003 < coloured(right) < 0.3
    assert tab.locator("#labels .clip").all_inner_texts() == ["arm <b>up</b> 90 % · first", "shake hands · second"]


def test_what_was_recognised_is_shown_over_time(tab):
    bands = tab.locator("#timeline .band")
    assert bands.count() == 2 and bands.nth(1).locator("button").count() == 0
    first, second = bands.nth(0).locator("button").all()
    assert first.inner_text() == "arm <b>up</b>" and second.get_attribute("title") == "arm down, 1.00 to 2.00 s, 60 %"
    places = [part.bounding_box() for part in (first, second)]
    assert places[1]["x"] - places[0]["x"] == pytest.approx(2 * places[0]["width"], rel=0.05)
    second.click()
    assert tab.evaluate("viewer.state.time") == pytest.approx(1.0)
    tab.wait_for_timeout(150)
    assert tab.locator("#labels .clip").first.inner_text() == "arm down 60 % · first"
    tab.evaluate("viewer.seek(0.7)")
    tab.wait_for_timeout(150)
    assert tab.locator("#labels .clip").first.inner_text() == "first"


def test_it_waits_where_motion_is_to_be_reduced_and_plays_when_asked(tab):
    assert not tab.evaluate("viewer.state.playing") and tab.locator("#play").inner_text() == "Play"
    tab.keyboard.press("Space")
    until(tab, "viewer.state.time > 0.2")
    assert tab.locator("#play").inner_text() == "Pause"
    tab.locator("#play").click()
    assert not tab.evaluate("viewer.state.playing")


def test_it_plays_by_itself_otherwise(browser, view_file):
    tab = browser.new_page(reduced_motion="no-preference")
    tab.goto(view_file.as_uri())
    until(tab, "window.viewer && viewer.state.playing && viewer.state.time > 0.1")
    tab.close()


def test_scrubbing_shows_another_pose(tab):
    before = settled(tab)
    tab.locator("#scrub").fill("40")
    assert tab.evaluate("viewer.state.time") == pytest.approx(40 / 30, abs=0.02)
    assert tab.locator("#time").inner_text().startswith("1.33 / 2.00")
    assert np.abs(settled(tab) - before).max() > 0.3
    tab.locator("#stage").focus()
    for key, time in (("Home", 0), ("ArrowRight", 1 / 30), ("Shift+ArrowRight", 11 / 30), ("End", 2)):
        tab.keyboard.press(key)
        assert tab.evaluate("viewer.state.time") == pytest.approx(time, abs=0.02)


def test_a_body_that_leaves_is_not_drawn(tab):
    def second_half():
        return coloured(np.array_split(settled(tab), 2, axis=1)[1])

    before = second_half()
    tab.evaluate("viewer.seek(1.5)")
    assert second_half() < 0.75 * before


def test_orbit_and_zoom_by_mouse_and_keys(tab):
    place = "viewer.camera.position.toArray()"
    first = tab.evaluate(place)
    tab.mouse.move(300, 300)
    tab.mouse.down()
    tab.mouse.move(400, 320, steps=4)
    tab.mouse.up()
    dragged = tab.evaluate(place)
    assert np.abs(np.subtract(first, dragged)).max() > 0.05
    tab.mouse.wheel(0, 300)
    tab.wait_for_timeout(100)
    assert np.linalg.norm(tab.evaluate(place)) > 1.02 * np.linalg.norm(dragged)
    tab.keyboard.press("f")
    assert tab.evaluate(place) == pytest.approx(first, abs=1e-6)
    tab.keyboard.press("d")
    tab.keyboard.press("+")
    turned = tab.evaluate(place)
    assert np.linalg.norm(turned) == pytest.approx(np.linalg.norm(first) / 1.1, rel=1e-3)
    assert abs(turned[0] - first[0] / 1.1) > 0.05


def test_a_joint_under_the_pointer_says_its_name(tab, topology):
    area = tab.locator("#stage").bounding_box()
    names = set()
    for joint in range(25):
        x, y = tab.evaluate(f"viewer.jointOnScreen(0, 0, {joint})")
        tab.mouse.move(area["x"] + x, area["y"] + y)
        names.add(tab.locator("#tip").inner_text())
    assert len(names & set(topology.joints)) > 15  # some hide behind others
    tab.mouse.move(area["x"] + 3, area["y"] + area["height"] - 3)
    assert not tab.locator("#tip").is_visible()


def test_colours(tab):
    assert tab.locator("#legend span").all_inner_texts() == ["torso", "left arm", "right arm", "left leg", "right leg"]
    parts = settled(tab)
    tab.locator("#colour").select_option("error")
    assert tab.locator("#legend").inner_text().startswith("error: 0")
    assert np.abs(settled(tab) - parts).max() > 0.3
    tab.locator("#stage").focus()
    tab.keyboard.press("c")
    assert tab.evaluate("viewer.state.colour") == "part"


def test_names_of_all_joints(tab, topology):
    tab.keyboard.press("n")
    tab.wait_for_timeout(100)
    assert tab.locator("#labels .joint:not([hidden])").count() == 3 * 25
    tab.locator("#names").uncheck()
    tab.wait_for_timeout(100)
    assert tab.locator("#labels .joint:not([hidden])").count() == 0


def test_a_phone(browser, view_file):
    tab = browser.new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    tab.goto(view_file.as_uri())
    until(tab, "window.viewer && viewer.draws > 0")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.locator("#stage").bounding_box()["height"] >= 240
    for control in ("#play", "#scrub", "#speed", "#colour", "#names", "#front"):
        box = tab.locator(control).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    assert coloured(settled(tab)) > 0.002
    tab.close()
