"use strict";
// A player of skeletons. The page holds its data as JSON; see skgraph/viewer/page.py for what is in it.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const { joints: NAMES, parents: PARENTS, part: PART, parts: PARTS } = data.topology;
  const V = NAMES.length;
  const BONES = PARENTS.map((parent, joint) => [parent, joint]).filter(([parent]) => parent >= 0);

  // Okabe and Ito's colours, which people with any colour vision tell apart; then lighter ones.
  const HUES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8d6e63", "#7e57c2"];
  const RAMP = ["#2c3e70", "#26828e", "#5ec962", "#fde725"]; // dark to light as a value grows
  const SEEN = "#0072b2", HIDDEN = "#d8d8d8";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  // ---- data ------------------------------------------------------------------------------------------------------

  function bytes(text) {
    const binary = atob(text);
    return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  }

  function decode(clip) {
    const whole = new Int16Array(bytes(clip.joints).buffer);
    const xyz = new Float32Array(whole.length);
    for (let i = 0; i < whole.length; i++) xyz[i] = whole[i] * clip.step + clip.origin[i % 3];
    const layers = {};
    for (const [key, layer] of Object.entries(clip.layers)) {
      layers[key] = { spans: layer.spans, values: bytes(layer.values) }; // [bodies, spans, V]
    }
    return { ...clip, xyz, present: bytes(clip.present), layers };
  }

  const clips = data.clips.map(decode);
  const rate = Math.max(...clips.map((clip) => clip.fps));
  const duration = Math.max(...clips.map((clip) => (clip.frames - 1) / clip.fps));
  const last = Math.round(duration * rate); // the scrubber's last position

  // ---- state -----------------------------------------------------------------------------------------------------

  const state = { time: 0, playing: false, speed: 1, colour: "part", names: false };
  let dirty = true; // whether what is shown is out of date
  let draws = 0;

  // ---- three.js --------------------------------------------------------------------------------------------------

  const stage = element("stage"), canvas = element("canvas");
  let renderer;
  try {
    renderer = new THREE.WebGLRenderer({ canvas, antialias: true });
  } catch (error) {
    element("trouble").textContent = "This page draws with WebGL, which this browser does not offer.";
    element("trouble").hidden = false;
    return;
  }
  renderer.setScissorTest(true);
  const camera = new THREE.PerspectiveCamera(35, 1, data.size / 100, data.size * 200);
  const controls = new THREE.OrbitControls(camera, canvas);
  controls.enableDamping = !calm.matches;
  controls.addEventListener("change", () => { dirty = true; });

  const ball = new THREE.SphereGeometry(1, 16, 12);
  const stick = new THREE.CylinderGeometry(1, 1, 1, 10, 1);
  const colour = new THREE.Color(), other = new THREE.Color();
  const matrix = new THREE.Matrix4(), spin = new THREE.Quaternion();
  const up = new THREE.Vector3(0, 1, 0), from = new THREE.Vector3(), to = new THREE.Vector3();
  const size = new THREE.Vector3(), middle = new THREE.Vector3();
  const none = new THREE.Matrix4().makeScale(0, 0, 0);

  function build(clip) {
    const scene = new THREE.Scene();
    scene.add(new THREE.HemisphereLight(0xffffff, 0x777777, 2.2));
    const lamp = new THREE.DirectionalLight(0xffffff, 1.4);
    scene.add(lamp);
    const middle = clip.low.map((value, i) => (value + clip.high[i]) / 2);
    if (!data.flat) {
      const floor = new THREE.GridHelper(data.size * 4, 16, 0x888888, 0x888888);
      floor.material.transparent = true;
      floor.material.opacity = 0.35;
      floor.position.set(middle[0], clip.low[1], middle[2]);
      scene.add(floor);
    }
    const joints = many(ball, clip.bodies * V), bones = many(stick, clip.bodies * BONES.length);
    scene.add(joints, bones);
    scene.position.set(...middle.map((value) => -value)); // at the origin, so that one camera serves all cells
    return { clip, scene, joints, bones, lamp };
  }

  function many(shape, count) {
    const mesh = new THREE.InstancedMesh(shape, new THREE.MeshLambertMaterial(), count);
    mesh.instanceMatrix.setUsage(THREE.DynamicDrawUsage);
    mesh.frustumCulled = false; // its bounds change with every frame
    for (let i = 0; i < count; i++) mesh.setColorAt(i, colour.set(0xffffff));
    return mesh;
  }

  const cells = clips.map(build);

  // ---- what is shown at a time -----------------------------------------------------------------------------------

  const frameOf = (clip) => Math.min(clip.frames - 1, Math.max(0, Math.round(state.time * clip.fps)));

  function place(clip, frame, body, joint, target) {
    const i = ((frame * clip.bodies + body) * V + joint) * 3;
    return target.set(clip.xyz[i], clip.xyz[i + 1], clip.xyz[i + 2]);
  }

  function value(clip, frame, body, joint) { // of the layer that is shown, 0 to 255, or null
    const layer = clip.layers[state.colour];
    if (!layer) return null;
    const span = Math.min(layer.spans - 1, Math.floor((frame * layer.spans) / clip.frames));
    return layer.values[(body * layer.spans + span) * V + joint];
  }

  function paint(clip, frame, body, joint) {
    const found = value(clip, frame, body, joint);
    if (state.colour === "part") {
      colour.set(HUES[PART[joint] % HUES.length]);
    } else if (found === null) {
      colour.set(HIDDEN);
    } else if (data.layers.find((layer) => layer.key === state.colour).kind === "binary") {
      colour.set(found ? SEEN : HIDDEN);
    } else {
      const x = (found / 255) * (RAMP.length - 1), i = Math.min(RAMP.length - 2, Math.floor(x));
      colour.set(RAMP[i]).lerp(other.set(RAMP[i + 1]), x - i);
    }
    return body ? colour.lerp(other.set(dark.matches ? "#ffffff" : "#000000"), 0.28) : colour; // bodies differ in shade
  }

  function pose({ clip, joints, bones }) {
    const frame = frameOf(clip), radius = data.size * 0.016;
    for (let body = 0; body < clip.bodies; body++) {
      const present = clip.present[frame * clip.bodies + body];
      for (let joint = 0; joint < V; joint++) {
        const i = body * V + joint;
        place(clip, frame, body, joint, from);
        joints.setMatrixAt(i, present ? matrix.makeScale(radius, radius, radius).setPosition(from) : none);
        joints.setColorAt(i, paint(clip, frame, body, joint));
      }
      BONES.forEach(([parent, joint], b) => {
        const i = body * BONES.length + b;
        place(clip, frame, body, parent, from);
        place(clip, frame, body, joint, to);
        middle.addVectors(from, to).multiplyScalar(0.5);
        const length = to.sub(from).length();
        if (present && length > 0) {
          spin.setFromUnitVectors(up, to.divideScalar(length));
          bones.setMatrixAt(i, matrix.compose(middle, spin, size.set(radius * 0.5, length, radius * 0.5)));
        } else {
          bones.setMatrixAt(i, none);
        }
        bones.setColorAt(i, paint(clip, frame, body, joint));
      });
    }
    for (const mesh of [joints, bones]) {
      mesh.instanceMatrix.needsUpdate = mesh.instanceColor.needsUpdate = true;
      mesh.boundingSphere = null; // that a pointer's ray is tested against
    }
  }

  // ---- cells of the stage ----------------------------------------------------------------------------------------

  const view = { width: 1, height: 1, columns: 1, rows: 1 };

  function resize() {
    view.width = Math.max(1, stage.clientWidth);
    view.height = Math.max(1, stage.clientHeight);
    let best = 0;
    for (let columns = 1; columns <= cells.length; columns++) { // the grid whose cells are largest
      const rows = Math.ceil(cells.length / columns);
      const side = Math.min(view.width / columns, view.height / rows);
      if (side > best + 1) [best, view.columns, view.rows] = [side, columns, rows];
    }
    renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    renderer.setSize(view.width, view.height, false);
    camera.aspect = view.width / view.columns / (view.height / view.rows);
    camera.updateProjectionMatrix();
    dirty = true;
  }

  function cellBox(i) { // in pixels from the stage's upper left corner
    const width = view.width / view.columns, height = view.height / view.rows;
    return { x: (i % view.columns) * width, y: Math.floor(i / view.columns) * height, width, height };
  }

  function front() {
    const reach = Math.max(...clips.map(({ low, high }) => Math.hypot(...high.map((value, i) => value - low[i]))));
    const distance = (0.62 * reach) / Math.tan((camera.fov * Math.PI) / 360) / Math.min(1, camera.aspect);
    controls.target.set(0, 0, 0);
    camera.position.set(data.front[0] * distance, data.flat ? 0 : 0.18 * distance, data.front[1] * distance);
    controls.update();
    dirty = true;
  }

  function turn(sideways, upwards) {
    const offset = camera.position.clone().sub(controls.target);
    offset.applyAxisAngle(up, sideways);
    const axis = new THREE.Vector3().crossVectors(offset, up).normalize();
    const angle = offset.angleTo(up);
    if (angle - upwards > 0.05 && angle - upwards < Math.PI - 0.05) offset.applyAxisAngle(axis, upwards);
    camera.position.copy(controls.target).add(offset);
    controls.update();
    dirty = true;
  }

  function nearer(factor) {
    camera.position.sub(controls.target).divideScalar(factor).add(controls.target);
    controls.update();
    dirty = true;
  }

  function draw() {
    renderer.setClearColor(getComputedStyle(document.documentElement).getPropertyValue("--stage").trim());
    cells.forEach((cell, i) => {
      pose(cell);
      cell.lamp.position.copy(camera.position).sub(cell.scene.position); // so that no side is dark
      const { x, y, width, height } = cellBox(i);
      renderer.setViewport(x, view.height - y - height, width, height);
      renderer.setScissor(x, view.height - y - height, width, height);
      renderer.render(cell.scene, camera);
    });
    write();
    draws++;
  }

  // ---- words on the stage ----------------------------------------------------------------------------------------

  const words = [];

  function write() {
    const wanted = [];
    cells.forEach((cell, i) => {
      const { x, y, width, height } = cellBox(i);
      const { clip } = cell;
      wanted.push([caption(clip), x + 10, y + 8, "clip", width - 20]);
      if (!state.names) return;
      const frame = frameOf(clip);
      for (let body = 0; body < clip.bodies; body++) {
        if (!clip.present[frame * clip.bodies + body]) continue;
        for (let joint = 0; joint < V; joint++) {
          place(clip, frame, body, joint, from).add(cell.scene.position).project(camera);
          wanted.push([NAMES[joint], x + ((from.x + 1) / 2) * width + 6, y + ((1 - from.y) / 2) * height - 8, "joint"]);
        }
      }
    });
    while (words.length < wanted.length) words.push(element("labels").appendChild(document.createElement("span")));
    words.forEach((word, i) => {
      word.hidden = i >= wanted.length;
      if (word.hidden) return;
      const [text, x, y, kind, most] = wanted[i];
      if (word.textContent !== text) word.textContent = text;
      word.className = kind;
      word.style.maxWidth = most ? `${most}px` : "";
      word.style.transform = `translate(${x}px, ${y}px)`;
    });
  }

  function caption(clip) {
    const now = clip.segments.find(([, start, end]) => start <= state.time && state.time < end);
    const known = now ? `${now[0]} ${Math.round(100 * now[3])} %` : clip.segments.length ? "" : clip.label;
    return known ? `${known} · ${clip.name}` : clip.name;
  }

  // ---- what was recognised, over time ----------------------------------------------------------------------------

  const INK = ["#fff", "#fff", "#fff", "#111", "#111", "#111", "#fff", "#fff"]; // that can be read on a hue
  const labels = [...new Set(clips.flatMap((clip) => clip.segments.map(([label]) => label)))];
  const hand = document.createElement("i");

  function band(clip) {
    const row = document.createElement("div");
    row.className = "band";
    for (const [label, start, end, probability] of clip.segments) {
      const part = document.createElement("button"), i = labels.indexOf(label) % HUES.length;
      part.type = "button";
      part.textContent = label;
      part.title = `${label}, ${start.toFixed(2)} to ${end.toFixed(2)} s, ${Math.round(100 * probability)} %`;
      part.setAttribute("aria-label", part.title);
      part.style.left = `${(100 * start) / length}%`;
      part.style.width = `${(100 * (Math.min(end, length) - start)) / length}%`;
      part.style.background = HUES[i];
      part.style.color = INK[i];
      part.addEventListener("click", () => seek(start));
      row.append(part);
    }
    return row;
  }

  const length = duration + 1 / rate; // a clip's last frame is shown for as long as the others
  if (labels.length) {
    element("timeline").append(...clips.map(band), hand);
    element("timeline").hidden = false;
  }

  const ray = new THREE.Raycaster(), pointer = new THREE.Vector2();

  function hover(event) {
    const area = canvas.getBoundingClientRect(), tip = element("tip");
    const x = event.clientX - area.left, y = event.clientY - area.top;
    const i = Math.floor(y / (view.height / view.rows)) * view.columns + Math.floor(x / (view.width / view.columns));
    const cell = cells[i];
    let found = null;
    if (cell && event.type !== "pointerleave") {
      const box = cellBox(i);
      pointer.set(((x - box.x) / box.width) * 2 - 1, 1 - ((y - box.y) / box.height) * 2);
      ray.setFromCamera(pointer, camera);
      cell.scene.updateMatrixWorld();
      found = ray.intersectObject(cell.joints)[0] ?? null;
    }
    tip.style.display = found ? "block" : "none";
    if (!found) return;
    const body = Math.floor(found.instanceId / V), joint = found.instanceId % V;
    const level = value(cell.clip, frameOf(cell.clip), body, joint);
    const layer = data.layers.find(({ key }) => key === state.colour);
    tip.textContent = NAMES[joint] + (cell.clip.bodies > 1 ? `, body ${body + 1}` : "") + reading(layer, level);
    tip.style.left = `${Math.min(x + 14, view.width - tip.offsetWidth - 4)}px`;
    tip.style.top = `${Math.max(4, y - 30)}px`;
  }

  function reading(layer, level) {
    if (!layer || level === null) return "";
    if (layer.kind === "binary") return `: ${level ? layer.high : layer.low}`;
    return `: ${((level / 255) * layer.max).toPrecision(2)} ${layer.unit}`.trimEnd();
  }

  // ---- controls --------------------------------------------------------------------------------------------------

  function seek(time) {
    state.time = Math.min(duration, Math.max(0, time));
    element("scrub").value = String(Math.round(state.time * rate));
    element("scrub").setAttribute("aria-valuetext", `${state.time.toFixed(2)} of ${duration.toFixed(2)} seconds`);
    hand.style.left = `${(100 * state.time) / length}%`;
    element("time").textContent = `${state.time.toFixed(2)} / ${duration.toFixed(2)} s`;
    dirty = true;
  }

  function play(on) {
    if (on && state.time >= duration) seek(0);
    state.playing = on && duration > 0;
    element("play").textContent = state.playing ? "Pause" : "Play";
  }

  function paintWith(key) {
    state.colour = key;
    element("colour").value = key;
    const legend = element("legend");
    legend.replaceChildren();
    const entry = (hue, text) => {
      const item = document.createElement("span"), dot = document.createElement("i");
      dot.style.background = hue;
      item.append(dot, text);
      legend.append(item);
    };
    const layer = data.layers.find((one) => one.key === key);
    if (!layer) {
      PARTS.forEach((name, i) => entry(HUES[i % HUES.length], name.replaceAll("_", " ")));
    } else if (layer.kind === "binary") {
      entry(SEEN, layer.high);
      entry(HIDDEN, layer.low);
    } else {
      const item = document.createElement("span"), bar = document.createElement("i");
      bar.className = "ramp";
      bar.style.background = `linear-gradient(90deg, ${RAMP.join(",")})`;
      item.append(`${layer.title}: 0`, bar, `≥ ${Number(layer.max.toPrecision(2))} ${layer.unit}`);
      legend.append(item);
    }
    dirty = true;
  }

  function names(on) {
    state.names = element("names").checked = on;
    dirty = true;
  }

  function step(select, by) {
    select.selectedIndex = Math.min(select.options.length - 1, Math.max(0, select.selectedIndex + by));
    select.dispatchEvent(new Event("change"));
  }

  const colours = ["part", ...data.layers.map(({ key }) => key)];
  colours.forEach((key, i) => element("colour").append(new Option(i ? data.layers[i - 1].title : "body part", key)));
  element("scrub").max = String(last);
  element("play").addEventListener("click", () => play(!state.playing));
  element("front").addEventListener("click", front);
  element("scrub").addEventListener("input", (event) => { play(false); seek(Number(event.target.value) / rate); });
  element("speed").addEventListener("change", (event) => { state.speed = Number(event.target.value); });
  element("colour").addEventListener("change", (event) => paintWith(event.target.value));
  element("names").addEventListener("change", (event) => names(event.target.checked));
  for (const kind of ["pointermove", "pointerdown", "pointerleave"]) canvas.addEventListener(kind, hover);
  canvas.addEventListener("pointerdown", () => stage.focus({ preventScroll: true }));
  dark.addEventListener("change", () => { dirty = true; });
  calm.addEventListener("change", () => { controls.enableDamping = !calm.matches; if (calm.matches) play(false); });
  new ResizeObserver(resize).observe(stage);

  const KEYS = {
    " ": () => play(!state.playing),
    ArrowLeft: (shift) => { play(false); seek((Math.round(state.time * rate) - (shift ? 10 : 1)) / rate); },
    ArrowRight: (shift) => { play(false); seek((Math.round(state.time * rate) + (shift ? 10 : 1)) / rate); },
    Home: () => seek(0), End: () => { play(false); seek(duration); },
    ",": () => step(element("speed"), -1), ".": () => step(element("speed"), 1),
    a: () => turn(-0.12, 0), d: () => turn(0.12, 0), w: () => turn(0, 0.12), s: () => turn(0, -0.12),
    "+": () => nearer(1.1), "=": () => nearer(1.1), "-": () => nearer(1 / 1.1), f: front, n: () => names(!state.names),
    c: () => paintWith(colours[(colours.indexOf(state.colour) + 1) % colours.length]),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(SELECT|SUMMARY)$/.test(event.target.tagName)) return;
    if (event.key === " " && event.target.tagName === "BUTTON") return; // the button's own
    if (event.target.type === "range" && /^(Arrow|Home|End)/.test(event.key)) return; // the slider's own
    const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action(event.shiftKey);
  });

  // ---- the loop --------------------------------------------------------------------------------------------------

  let before = null;
  function tick(now) {
    const elapsed = before === null ? 0 : Math.min(0.1, (now - before) / 1000);
    before = now;
    if (state.playing) {
      const time = state.time + elapsed * state.speed;
      seek(time > duration ? 0 : time); // round and round
    }
    controls.update();
    if (dirty) {
      dirty = false;
      draw();
    }
    requestAnimationFrame(tick);
  }

  resize();
  front();
  paintWith(data.colour);
  seek(0);
  if (!calm.matches) play(true);
  requestAnimationFrame(tick);

  // For scripts that drive the page.
  window.viewer = {
    state, camera, seek, play, get draws() { return draws; }, get duration() { return duration; },
    jointOnScreen(clip, body, joint) {
      const { x, y, width, height } = cellBox(clip);
      place(clips[clip], frameOf(clips[clip]), body, joint, from).add(cells[clip].scene.position).project(camera);
      return [x + ((from.x + 1) / 2) * width, y + ((1 - from.y) / 2) * height];
    },
  };
})();
