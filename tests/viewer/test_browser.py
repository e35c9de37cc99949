"""The page in a real browser: Chromium without a window, driven by Playwright."""

from __future__ import annotations

import io
import itertools
import shutil
import sys

import numpy as np
import pytest
from matplotlib import image

from skgraph.view import main
from skgraph.viewer import Layer, Segment, ViewedClip, motion_layer, viewer_page

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
    layer = Layer("prediction error", rng.random((1, 4, 25)).astype(np.float32))
    both = Layer("prediction error", rng.random((2, 4, 25)).astype(np.float32))
    motion, motion_of_one = ({"motion": motion_layer(x, p, 30.0)} for x, p in ((two, there), (one, there[:1])))
    people = {0: (Segment("gives a hand", 0.0, 2.0, 0.9),), 1: (Segment("takes a hand", 0.0, 1.0, 0.8),)}
    known = (Segment("arm <b>up</b>", 0.0, 0.5, 0.9), Segment("arm down", 1.0, 2.0, 0.6))
    clips = [
        ViewedClip("first", "wave", 30.0, one, there[:1], {"error": layer, **motion_of_one}, known),
        ViewedClip("second", "shake hands", 30.0, two, there, {"error": both, **motion}, people=people),
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


def overlap(a, b):
    """Whether two boxes share more than the pixel that is lost by rounding."""
    across, down = (min(a[x] + a[w], b[x] + b[w]) - max(a[x], b[x]) for x, w in (("x", "width"), ("y", "height")))
    return across > 1 and down > 1


def test_labels_stand_over_the_heads(tab, topology):
    labels = tab.locator("#labels .person:not([hidden])")
    assert labels.all_inner_texts() == ["arm <b>up</b> 90 %", "gives a hand 90 %", "takes a hand 80 %"]
    stage = tab.locator("#stage").bounding_box()
    for label, (clip, body) in zip(labels.all(), [(0, 0), (1, 0), (1, 1)], strict=True):
        x, y = tab.evaluate(f"viewer.jointOnScreen({clip}, {body}, {topology.joint('Head')})")
        box = label.bounding_box()
        assert abs(box["x"] + box["width"] / 2 - stage["x"] - x) < 100 and abs(box["y"] - stage["y"] - y) < 120
    tab.evaluate("viewer.seek(1.5)")
    until(tab, "document.querySelectorAll('#labels .person:not([hidden])').length === 2")
    assert labels.all_inner_texts() == ["arm down 60 %", "gives a hand 90 %"]  # the second body has left


def test_curves_of_the_joint_that_is_chosen(tab, topology):
    curves = tab.locator(".curve")
    assert curves.count() == 2 and curves.first.locator("path").count() == 3
    assert curves.first.inner_text().startswith("speed (m/s), up to ")
    assert curves.nth(1).inner_text().startswith("prediction error (no unit), up to ")
    whole, half = (curves.first.locator("path").nth(i).get_attribute("d") for i in (1, 2))
    assert whole.count("L") == 60 and half.count("L") == 29  # the second body leaves after frame 30
    error = curves.nth(1).locator("path").nth(1)
    mean = error.get_attribute("d")
    x, y = tab.evaluate(f"viewer.jointOnScreen(0, 0, {topology.joint('FootLeft')})")
    area = tab.locator("#stage").bounding_box()
    tab.mouse.click(area["x"] + x, area["y"] + y)
    joint = tab.evaluate("viewer.state.joint")
    assert joint >= 0 and tab.locator("#joint").input_value() == str(joint)
    assert error.get_attribute("d") != mean
    plot = curves.first.locator("svg")
    plot.click(position={"x": plot.bounding_box()["width"] / 2, "y": 10})
    assert tab.evaluate("viewer.state.time") == pytest.approx(1.0, abs=0.03)
    cursor, box = curves.first.locator(".now").bounding_box(), plot.bounding_box()
    assert cursor["x"] - box["x"] == pytest.approx(box["width"] / 2, abs=3)


def test_a_body_that_walks_stays_in_view_and_large(browser, tmp_path, topology):
    pose = np.random.default_rng(0).normal(size=(25, 3)).astype(np.float32) * 0.3
    walk = (pose + np.linspace(0, 8, 61)[:, None, None] * np.float32([1, 0, 0])).astype(np.float32)
    clip = ViewedClip("walk", "", 30.0, walk[None], np.ones((1, 61), bool))
    path = tmp_path / "walk.html"
    path.write_text(viewer_page(topology, [clip], "Walk"), encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1000, "height": 700}, reduced_motion="reduce")
    tab.goto(path.as_uri())
    until(tab, "window.viewer && viewer.draws > 0")
    assert tab.locator("#follow").is_checked()
    share = [coloured(settled(tab))]
    place = tab.evaluate("viewer.camera.position.toArray()")
    for second in (1.0, 2.0):
        tab.evaluate(f"viewer.seek({second})")
        share.append(coloured(settled(tab)))
    assert min(share) > 0.8 * max(share) > 0.006
    assert tab.evaluate("viewer.camera.position.toArray()") == pytest.approx(place)  # is left to the user
    tab.locator("#follow").uncheck()
    assert coloured(settled(tab)) < 0.5 * min(share)
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_of_every_colour(browser, view_file, scheme):
    tab = browser.new_page(color_scheme=scheme, reduced_motion="reduce")
    tab.goto(view_file.as_uri())
    until(tab, "window.viewer && viewer.draws > 0")
    found = tab.evaluate(
        """() => {
          const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
          const style = (element) => getComputedStyle(element);
          const ground = (element) => {
            for (; element; element = element.parentElement) {
              const [r, g, b, alpha] = rgb(style(element).backgroundColor);
              if (alpha !== 0) return [r, g, b];
            }
          };
          const pairs = [];
          for (const one of [...document.querySelectorAll("body *")].filter((one) => one.offsetParent)) {
            if ([...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
              pairs.push([one.tagName + " text", rgb(style(one).color).slice(0, 3), ground(one)]);
            if (one.style.background) pairs.push([one.className + " fill", ground(one), ground(one.parentElement)]);
            if (/BUTTON|SELECT/.test(one.tagName) && parseFloat(style(one).borderTopWidth))
              pairs.push([one.id + " edge", rgb(style(one).borderTopColor).slice(0, 3), ground(one.parentElement)]);
          }
          for (const line of document.querySelectorAll(".curve path"))
            pairs.push(["curve", rgb(style(line).stroke), ground(line.parentElement)]);
          return pairs;
        }"""
    )
    assert len(found) > 40
    assert [(name, a, b) for name, a, b in found if contrast(a, b) < 3] == []
    tab.evaluate("document.getElementById('labels').hidden = true")
    for colour in ("part", "error", "motion"):
        tab.locator("#colour").select_option(colour)
        picture, seen = settled(tab), []
        for clip, body, joint in itertools.product((0, 1), (0,), range(25)):
            x, y = tab.evaluate(f"viewer.jointOnScreen({clip}, {body}, {joint})")
            seen.append(contrast(255 * picture[round(y), round(x)], 255 * picture[-2, 2]))
        assert np.quantile(seen, 0.02) >= 3 if colour == "part" else np.quantile(seen, 0.1) >= 3
    tab.close()


def contrast(a, b):
    """Contrast ratio of two sRGB colours in 0 to 255 (WCAG 2.2)."""
    a, b = (np.asarray(colour[:3], float) / 255 for colour in (a, b))
    linear = (
        np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722] for c in (a, b)
    )
    low, high = sorted(linear)
    return (high + 0.05) / (low + 0.05)


def test_what_was_recognised_is_shown_over_time(tab):
    bands = tab.locator("#timeline .band")
    assert bands.count() == 4 and bands.nth(1).locator("button").count() == 0  # two recordings, two people
    assert bands.nth(3).locator("button").get_attribute("title") == "body 1: takes a hand, 0.00 to 1.00 s, 80 %"
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
    assert tab.locator("#legend").inner_text().startswith("prediction error (no unit): 0")
    assert np.abs(settled(tab) - parts).max() > 0.3
    tab.locator("#stage").focus()
    tab.keyboard.press("c")
    tab.keyboard.press("c")  # past the last one, motion
    assert tab.evaluate("viewer.state.colour") == "part"


JOINT_NAMES = "#labels .joint:not([hidden])"


def test_names_of_all_joints(tab, topology):
    tab.keyboard.press("n")
    until(tab, f"document.querySelectorAll('{JOINT_NAMES}').length > 20")
    shown = tab.locator(JOINT_NAMES)
    assert shown.count() <= 3 * 25 and set(shown.all_inner_texts()) <= set(topology.joints)
    boxes = [word.bounding_box() for word in tab.locator("#labels span:not([hidden])").all()[1:]]  # the first measures
    assert not any(overlap(a, b) for a, b in itertools.combinations(boxes, 2))
    tab.locator("#names").uncheck()
    until(tab, f"document.querySelectorAll('{JOINT_NAMES}').length === 0")


def test_a_phone(browser, view_file):
    tab = browser.new_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    tab.goto(view_file.as_uri())
    until(tab, "window.viewer && viewer.draws > 0")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.locator("#stage").bounding_box()["height"] >= 240
    for control in ("#play", "#scrub", "#speed", "#colour", "#names", "#follow", "#joint", "#front"):
        box = tab.locator(control).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    assert coloured(settled(tab)) > 0.002
    tab.close()


def test_a_video_lies_behind_its_skeleton(browser, tmp_path, monkeypatch):
    """A white square walks over a blue video, and every joint of a body is on it."""
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    writer = ffmpeg.write_frames(str(tmp_path / "walk.mp4"), (320, 240), fps=10, macro_block_size=2)
    writer.send(None)
    rng, joints = np.random.default_rng(0), np.zeros((1, 20, 17, 2), np.float32)
    for i in range(20):
        picture = np.full((240, 320, 3), (0, 0, 200), np.uint8)
        picture[100:160, 10 * i : 10 * i + 60] = 255
        writer.send(np.ascontiguousarray(picture))
        joints[0, i] = rng.uniform(-15, 15, (17, 2)) + np.array([10 * i + 30, -130])  # y up
    writer.close()
    np.save(tmp_path / "walk.npy", joints)
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "view",
            f"source={tmp_path / 'walk.npy'}",
            "topology=coco_17",
            "unit=px",
            "fps=10",
            f"video={tmp_path / 'walk.mp4'}",
            "seconds=[0.5,2]",
            f"out={tmp_path / 'v.html'}",
        ],
    )
    main()
    tab = browser.new_page(viewport={"width": 900, "height": 700}, reduced_motion="reduce")
    tab.goto((tmp_path / "v.html").as_uri())
    until(tab, "window.viewer && viewer.draws > 1 && document.getElementById('video').readyState >= 2")
    tab.evaluate(
        "document.getElementById('canvas').style.opacity = document.getElementById('labels').style.opacity = 0"
    )
    for second in (0.0, 0.7, 1.3):
        tab.evaluate(f"viewer.seek({second})")
        until(tab, f"Math.abs(document.getElementById('video').currentTime - {second + 0.5}) < 0.05")
        tab.wait_for_timeout(200)
        picture = settled(tab)
        for joint in range(17):
            x, y = tab.evaluate(f"viewer.jointOnScreen(0, 0, {joint})")
            assert picture[round(y), round(x)].min() > 0.8
        assert (picture[..., 2] - picture[..., 0] > 0.5).mean() > 0.1  # the blue around it
    tab.close()
