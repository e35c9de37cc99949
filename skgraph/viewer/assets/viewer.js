"use strict";
// A player of skeletons. The page holds its data as JSON; see skgraph/viewer/page.py for what is in it.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const { joints: NAMES, parents: PARENTS, part: PART, parts: PARTS } = data.topology;
  const V = NAMES.length;
  const BONES = PARENTS.map((parent, joint) => [parent, joint]).filter(([parent]) => parent >= 0);

  // Hues near Okabe and Ito's, which people with any colour vision tell apart, with a contrast of 3 at least to the stage.
  // A ramp moves away from the stage as a value grows.
  const LIGHT = {
    hues: ["#0064ad", "#cf5a00", "#00855f", "#bb5191", "#8f6900", "#3688bd", "#6d4c41", "#7e57c2"],
    ramp: ["#4a86a9", "#6a5fc0", "#a3246e", "#4a0a2c"],
    seen: "#0a4f8f", hidden: "#868686", ink: "#ffffff", body: "#000000", // that later bodies are mixed with
  };
  const DARK = {
    hues: ["#4aa3e6", "#ff8433", "#1fc193", "#e08fbe", "#f0b400", "#9ad8ff", "#b89485", "#a98bea"],
    ramp: ["#7a9fd0", "#2fb5a3", "#8fdc5a", "#fde725"],
    seen: "#6fc3ff", hidden: "#8a8a8a", ink: "#111111", body: "#ffffff",
  };
  const SVG = "http://www.w3.org/2000/svg";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const palette = () => (dark.matches ? DARK : LIGHT);
  const hue = (i) => palette().hues[i % LIGHT.hues.length];
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
    const decoded = { ...clip, xyz, present: bytes(clip.present), layers };
    decoded.path = path(decoded);
    decoded.span = span(decoded);
    return decoded;
  }

  function path(clip) { // of the centre of the bodies that are present, mean over a second: [frames, 3]
    const half = Math.round(clip.fps / 2), centres = [];
    let centre = clip.low.map((low, k) => (low + clip.high[k]) / 2);
    for (let frame = 0; frame < clip.frames; frame++) centres.push((centre = centreOf(clip, frame) ?? centre));
    return centres.map((_, frame) => {
      const near = centres.slice(Math.max(0, frame - half), frame + half + 1);
      return [0, 1, 2].map((k) => near.reduce((sum, point) => sum + point[k], 0) / near.length);
    });
  }

  function centreOf(clip, frame) { // mean over the joints of the bodies that are present, or null
    const sum = [0, 0, 0], present = bodiesIn(clip, frame);
    for (const body of present) {
      const first = (frame * clip.bodies + body) * V * 3;
      for (let i = first; i < first + V * 3; i++) sum[i % 3] += clip.xyz[i];
    }
    return present.length ? sum.map((value) => value / present.length / V) : null;
  }

  function bodiesIn(clip, frame) {
    const first = frame * clip.bodies;
    return [...clip.present.subarray(first, first + clip.bodies).keys()].filter((body) => clip.present[first + body]);
  }

  function span(clip) { // diameter about the path that holds all but lost joints, from a few hundred frames
    const far = [];
    for (let frame = 0; frame < clip.frames; frame += Math.ceil(clip.frames / 300)) {
      for (const body of bodiesIn(clip, frame)) {
        const first = (frame * clip.bodies + body) * V * 3;
        for (let i = first; i < first + V * 3; i += 3) {
          far.push(Math.hypot(...clip.path[frame].map((value, k) => clip.xyz[i + k] - value)));
        }
      }
    }
    far.sort((a, b) => a - b);
    return 2 * (far[Math.floor(0.99 * (far.length - 1))] ?? data.size);
  }

  const clips = data.clips.map(decode);
  const rate = Math.max(...clips.map((clip) => clip.fps));
  const duration = Math.max(...clips.map((clip) => (clip.frames - 1) / clip.fps));
  const last = Math.round(duration * rate); // the scrubber's last position

  // ---- state -----------------------------------------------------------------------------------------------------

  const state = { time: 0, playing: false, speed: 1, colour: "part", names: false, follow: false, joint: -1 };
  let dirty = true; // whether what is shown is out of date
  let draws = 0;

  // ---- three.js --------------------------------------------------------------------------------------------------

  const stage = element("stage"), canvas = element("canvas");
  let renderer;
  try {
    renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true }); // the stage shows through
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
    scene.add(new THREE.HemisphereLight(0xffffff, 0xaaaaaa, 2.4)); // weak shades, so that colours keep their contrast
    const lamp = new THREE.DirectionalLight(0xffffff, 0.9);
    scene.add(lamp);
    const middle = clip.low.map((value, i) => (value + clip.high[i]) / 2);
    if (!data.flat) {
      const reach = Math.max(clip.high[0] - clip.low[0], clip.high[2] - clip.low[2]);
      const tiles = 2 * Math.min(100, Math.ceil(Math.max(8, (2 * reach) / data.size + 4)));
      const floor = new THREE.GridHelper((tiles * data.size) / 4, tiles, 0x888888, 0x888888);
      floor.material.transparent = true;
      floor.material.opacity = 0.35;
      floor.position.set(middle[0], clip.low[1], middle[2]);
      scene.add(floor);
    }
    const joints = many(ball, clip.bodies * V), bones = many(stick, clip.bodies * BONES.length);
    scene.add(joints, bones);
    return { clip, scene, joints, bones, lamp, middle };
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

  const layerOf = (key) => data.layers.find((layer) => layer.key === key);
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
      colour.set(hue(PART[joint]));
    } else if (found === null) {
      colour.set(palette().hidden);
    } else if (layerOf(state.colour).kind === "binary") {
      colour.set(found ? palette().seen : palette().hidden);
    } else {
      const { ramp } = palette(), x = (found / 255) * (ramp.length - 1), i = Math.min(ramp.length - 2, Math.floor(x));
      colour.set(ramp[i]).lerp(other.set(ramp[i + 1]), x - i);
    }
    return body ? colour.lerp(other.set(palette().body), 0.28) : colour; // bodies differ in shade
  }

  function pose({ clip, joints, bones }) {
    const frame = frameOf(clip), radius = data.size * 0.016;
    for (let body = 0; body < clip.bodies; body++) {
      const present = clip.present[frame * clip.bodies + body];
      for (let joint = 0; joint < V; joint++) {
        const i = body * V + joint;
        place(clip, frame, body, joint, from);
        const r = joint === state.joint ? 1.8 * radius : radius;
        joints.setMatrixAt(i, present ? matrix.makeScale(r, r, r).setPosition(from) : none);
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

  function centre({ clip, scene, middle }) { // at the origin, so that one camera serves all cells
    const point = state.follow ? clip.path[frameOf(clip)] : middle;
    scene.position.set(...point.map((value) => -value));
  }

  function reach(clip) { // diameter of what is shown
    return state.follow ? clip.span : Math.hypot(...clip.high.map((value, i) => value - clip.low[i]));
  }

  function follow(on) {
    const before = Math.max(...clips.map(reach));
    state.follow = element("follow").checked = on;
    nearer(before / Math.max(...clips.map(reach)));
  }

  function travels({ path }) { // further than a body is high
    return [0, 1, 2].some((k) => {
      const along = path.map((point) => point[k]);
      return along.reduce((a, b) => Math.max(a, b)) - along.reduce((a, b) => Math.min(a, b)) > data.size;
    });
  }

  function front() {
    const distance = (0.62 * Math.max(...clips.map(reach))) / Math.tan((camera.fov * Math.PI) / 360) / Math.min(1, camera.aspect);
    controls.target.set(0, 0, 0);
    camera.position.set(data.front[0] * distance, data.flat ? 0 : 0.18 * distance, data.front[1] * distance);
    controls.update();
    dirty = true;
  }

  function turn(sideways, upwards) {
    if (!controls.enableRotate) return;
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
    cells.forEach((cell, i) => {
      pose(cell);
      centre(cell);
      cell.lamp.position.copy(camera.position).sub(cell.scene.position); // so that no side is dark
      const { x, y, width, height } = cellBox(i);
      renderer.setViewport(x, view.height - y - height, width, height);
      renderer.setScissor(x, view.height - y - height, width, height);
      renderer.render(cell.scene, camera);
    });
    showVideo();
    write();
    draws++;
  }

  // ---- the video of a recording in pixels, behind it -------------------------------------------------------------

  const video = element("video");
  if (data.video) {
    [video.src] = data.video;
    video.hidden = false;
    for (const kind of ["loadeddata", "seeked"]) video.addEventListener(kind, () => { dirty = true; });
    controls.enableRotate = false; // the video faces the camera
  }

  function showVideo() { // its upper left corner is the origin of the pixels
    if (!data.video || video.seeking || video.readyState < 2) return;
    const { x, y } = projected(cells[0], cellBox(0), from.set(0, 0, 0));
    const corner = projected(cells[0], cellBox(0), from.set(video.videoWidth, -video.videoHeight, 0));
    video.style.width = `${corner.x - x}px`;
    video.style.transform = `translate(${x}px, ${y}px)`;
    const time = Math.min(state.time + data.video[1], video.duration);
    if (Math.abs(video.currentTime - time) > 0.001) video.currentTime = time;
  }

  // ---- words on the stage ----------------------------------------------------------------------------------------

  const words = [], extents = new Map();
  const probe = element("labels").appendChild(document.createElement("span"));
  probe.style.visibility = "hidden";

  function write() {
    const wanted = cells.flatMap((cell, i) => wordsOf(cell, cellBox(i)));
    while (words.length < wanted.length) words.push(element("labels").appendChild(document.createElement("span")));
    words.forEach((word, i) => {
      word.hidden = i >= wanted.length;
      if (!word.hidden) set(word, wanted[i]).style.transform = `translate(${wanted[i].x}px, ${wanted[i].y}px)`;
    });
  }

  function set(word, { text, kind, most }) {
    if (word.textContent !== text) word.textContent = text;
    word.className = kind;
    word.style.maxWidth = most ? `${most}px` : "";
    return word;
  }

  function wordsOf(cell, box) {
    const title = { text: caption(cell.clip), x: box.x + 10, y: box.y + 8, kind: "clip", most: box.width - 20 };
    return apart([title, ...headLabels(cell, box), ...(state.names ? jointNames(cell, box) : [])], box);
  }

  function apart(wanted, box) { // up or down until none covers another; those that find no room are left out
    const placed = [];
    for (const word of wanted) {
      const [width, height] = extent(word);
      const x = word.kind === "person" ? clamp(word.x - width / 2, box.x, box.x + box.width - width) : word.x;
      const rows = [0, -1, 1, -2, 2, -3, 3].map((n) => ({ ...word, x, y: word.y + n * height, width, height }));
      const free = rows.find((row) => within(row, box) && !placed.some((other) => overlap(row, other)));
      if (free) placed.push(free);
    }
    return placed;
  }

  function extent(word) { // in pixels
    const key = `${word.kind} ${word.most} ${word.text}`;
    if (!extents.has(key)) {
      extents.set(key, [set(probe, word).offsetWidth, probe.offsetHeight]);
      probe.className = "";
    }
    return extents.get(key);
  }

  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));
  const overlap = (a, b) =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  const within = (a, box) =>
    a.x >= box.x && a.y >= box.y && a.x + a.width <= box.x + box.width && a.y + a.height <= box.y + box.height;

  function onScreen(cell, box, body, joint) { // in pixels of the stage
    return projected(cell, box, place(cell.clip, frameOf(cell.clip), body, joint, from));
  }

  function projected(cell, box, point) {
    const { x, y } = point.add(cell.scene.position).project(camera);
    return { x: box.x + ((x + 1) / 2) * box.width, y: box.y + ((1 - y) / 2) * box.height };
  }

  function headLabels(cell, box) { // of the people, or else of the recording
    const { clip } = cell, over = (text, x, y) => ({ text, x, y: y - 34, kind: "person", most: Math.min(240, box.width) });
    const heads = bodiesIn(clip, frameOf(clip)).map((body) => ({ body, ...head(cell, box, body) }));
    const labels = Object.keys(clip.people).length
      ? heads.map(({ body, x, y }) => over(known(clip.people[body] ?? []), x, y))
      : heads.slice(0, 1).map(() => over(known(clip.segments), ...above(heads)));
    return labels.filter(({ text, x, y }) => text && within({ x, y: y + 34, width: 0, height: 0 }, box));
  }

  function above(heads) { // over all of them
    return [heads.reduce((sum, { x }) => sum + x, 0) / heads.length, Math.min(...heads.map(({ y }) => y))];
  }

  function head(cell, box, body) { // of a body without one, the joint that is highest
    if (data.topology.head !== null) return onScreen(cell, box, body, data.topology.head);
    return NAMES.map((_, joint) => onScreen(cell, box, body, joint)).reduce((a, b) => (a.y < b.y ? a : b));
  }

  function jointNames(cell, box) {
    return bodiesIn(cell.clip, frameOf(cell.clip)).flatMap((body) => NAMES.map((text, joint) => {
      const { x, y } = onScreen(cell, box, body, joint);
      return { text, x: x + 6, y: y - 8, kind: "joint" };
    }));
  }

  function known(segments) { // what was recognised at this time
    const now = segments.find(([, start, end]) => start <= state.time && state.time < end);
    return now ? `${now[0]} ${Math.round(100 * now[3])} %` : "";
  }

  function caption(clip) {
    const label = clip.segments.length ? known(clip.segments) : clip.label;
    return label ? `${label} · ${clip.name}` : clip.name;
  }

  // ---- what was recognised, over time ----------------------------------------------------------------------------

  const length = duration + 1 / rate; // a clip's last frame is shown for as long as the others
  const rows = clips.flatMap((clip) => [
    { segments: clip.segments, who: "" },
    ...Object.entries(clip.people).map(([body, segments]) => ({ segments, who: `body ${body}: ` })),
  ]);
  const labels = [...new Set(rows.flatMap(({ segments }) => segments.map(([label]) => label)))];

  function showTimeline() {
    element("timeline").hidden = !labels.length;
    element("timeline").replaceChildren(...rows.map(band), cursor());
  }

  function band({ segments, who }) {
    const row = document.createElement("div");
    row.className = who ? "band person" : "band";
    row.append(...segments.map((segment) => event(segment, who)));
    return row;
  }

  function event([label, start, end, probability], who) { // a click jumps to it
    const part = document.createElement("button");
    part.type = "button";
    part.textContent = label;
    part.title = `${who}${label}, ${start.toFixed(2)} to ${end.toFixed(2)} s, ${Math.round(100 * probability)} %`;
    part.setAttribute("aria-label", part.title);
    part.style.left = `${(100 * start) / length}%`;
    part.style.width = `${(100 * (Math.min(end, length) - start)) / length}%`;
    part.style.background = hue(labels.indexOf(label));
    part.style.color = palette().ink;
    part.addEventListener("click", () => seek(start));
    return part;
  }

  function cursor() { // a line that follows the time
    const line = document.createElement("i");
    line.className = "now";
    line.style.left = `${(100 * state.time) / length}%`;
    return line;
  }

  // ---- curves under the player -----------------------------------------------------------------------------------

  const CURVES = ["motion", "error"].filter((key) => data.layers.some((layer) => layer.key === key));

  function showCurves() {
    element("curves").hidden = !CURVES.length;
    for (const old of document.querySelectorAll(".curve")) old.remove();
    element("curves").append(...CURVES.map(curve));
  }

  function curve(key) {
    const box = document.createElement("div"), plot = document.createElement("div"), layer = layerOf(key);
    const lines = clips.flatMap((clip) => [...Array(clip.bodies).keys()].map((body) => ({
      points: points(clip, body, key), name: nameOf(clip, body),
    })));
    const top = lines.flatMap(({ points }) => points).reduce((most, point) => Math.max(most, point?.[1] ?? 0), 1);
    box.className = "curve";
    plot.append(drawing(lines, top), cursor());
    box.append(`${withUnit(layer)}, up to ${Number(((top / 255) * layer.max).toPrecision(2))}`);
    if (lines.length > 1) box.append(...lines.map(({ name }, i) => swatch(hue(i), name)));
    box.append(plot);
    return box;
  }

  function nameOf(clip, body) { // of a line among others
    const words = [clips.length > 1 && clip.name, clip.bodies > 1 && `body ${body}`];
    return words.filter(Boolean).join(", ");
  }

  function points(clip, body, key) { // [seconds, level] of the joint that is chosen, or the mean over joints
    const { spans, values } = clip.layers[key], step = Math.ceil(spans / 1000), found = [];
    for (let span = 0; span < spans; span += step) {
      const frame = ((span + 0.5) * clip.frames) / spans, first = (body * spans + span) * V;
      const levels = values.subarray(first, first + V);
      const level = state.joint < 0 ? levels.reduce((sum, one) => sum + one, 0) / V : levels[state.joint];
      found.push(clip.present[Math.floor(frame) * clip.bodies + body] ? [(frame - 0.5) / clip.fps, level] : null);
    }
    return found;
  }

  function drawing(lines, top) { // a click jumps to its time
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 1 1");
    svg.setAttribute("preserveAspectRatio", "none");
    lines.forEach(({ points }, i) => {
      const path = svg.appendChild(document.createElementNS(SVG, "path"));
      const pen = (i) => (points[i - 1] ? "L" : "M"); // absent bodies leave a gap
      path.setAttribute("d", points.map((at, i) => at && `${pen(i)}${at[0] / length} ${1 - at[1] / top}`).filter(Boolean).join(""));
      path.setAttribute("stroke", hue(i));
    });
    svg.addEventListener("click", (event) => seek((event.offsetX / svg.clientWidth) * length));
    return svg;
  }

  function chooseJoint(joint) {
    state.joint = joint;
    element("joint").value = String(joint);
    showCurves();
    dirty = true;
  }

  // ---- the pointer -----------------------------------------------------------------------------------------------

  const ray = new THREE.Raycaster(), pointer = new THREE.Vector2();
  let pressed = null;

  function under({ x, y }) { // the joint at a place on the stage, or null
    const i = Math.floor(y / (view.height / view.rows)) * view.columns + Math.floor(x / (view.width / view.columns));
    if (!cells[i]) return null;
    const box = cellBox(i);
    pointer.set(((x - box.x) / box.width) * 2 - 1, 1 - ((y - box.y) / box.height) * 2);
    ray.setFromCamera(pointer, camera);
    cells[i].scene.updateMatrixWorld();
    const [found] = ray.intersectObject(cells[i].joints);
    return found ? { clip: cells[i].clip, body: Math.floor(found.instanceId / V), joint: found.instanceId % V } : null;
  }

  function at(event) {
    const area = canvas.getBoundingClientRect();
    return { x: event.clientX - area.left, y: event.clientY - area.top };
  }

  function hover(event) {
    const { x, y } = at(event), tip = element("tip");
    const found = event.type === "pointerleave" ? null : under({ x, y });
    tip.style.display = found ? "block" : "none";
    if (!found) return;
    const { clip, body, joint } = found;
    const level = value(clip, frameOf(clip), body, joint);
    tip.textContent = NAMES[joint] + (clip.bodies > 1 ? `, body ${body}` : "") + reading(layerOf(state.colour), level);
    tip.style.left = `${Math.min(x + 14, view.width - tip.offsetWidth - 4)}px`;
    tip.style.top = `${Math.max(4, y - 30)}px`;
  }

  function press(event) {
    pressed = at(event);
    stage.focus({ preventScroll: true });
  }

  function release(event) { // a click, unless the pointer was dragged
    const { x, y } = at(event), found = under({ x, y });
    if (pressed && Math.hypot(x - pressed.x, y - pressed.y) < 4 && found) chooseJoint(found.joint);
    pressed = null;
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
    for (const line of document.querySelectorAll(".now")) line.style.left = `${(100 * state.time) / length}%`;
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
    const layer = layerOf(key);
    if (!layer) {
      legend.append(...PARTS.map((name, i) => swatch(hue(i), name.replaceAll("_", " "))));
    } else if (layer.kind === "binary") {
      legend.append(swatch(palette().seen, layer.high), swatch(palette().hidden, layer.low));
    } else {
      const bar = document.createElement("i");
      bar.className = "ramp";
      bar.style.background = `linear-gradient(90deg, ${palette().ramp.join(",")})`;
      legend.append(`${withUnit(layer)}: 0`, bar, `≥ ${Number(layer.max.toPrecision(2))}`);
    }
    dirty = true;
  }

  function swatch(colour, text) {
    const item = document.createElement("span"), dot = document.createElement("i");
    dot.style.background = colour;
    item.append(dot, text);
    return item;
  }

  const withUnit = ({ title, unit }) => `${title} (${unit || "no unit"})`;

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
  element("follow").addEventListener("change", (event) => follow(event.target.checked));
  NAMES.forEach((name, joint) => element("joint").append(new Option(name, joint)));
  element("joint").addEventListener("change", (event) => chooseJoint(Number(event.target.value)));
  for (const kind of ["pointermove", "pointerdown", "pointerleave"]) canvas.addEventListener(kind, hover);
  canvas.addEventListener("pointerdown", press);
  canvas.addEventListener("pointerup", release);
  dark.addEventListener("change", recolour);
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
    l: () => follow(!state.follow),
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

  function recolour() {
    paintWith(state.colour);
    showTimeline();
    showCurves();
  }

  state.colour = data.colour;
  recolour(); // before the stage is measured, as it leaves less room
  resize();
  state.follow = element("follow").checked = clips.some(travels);
  front();
  seek(0);
  if (!calm.matches) play(true);
  requestAnimationFrame(tick);

  // For scripts that drive the page.
  window.viewer = {
    state, camera, seek, play, get draws() { return draws; }, get duration() { return duration; },
    jointOnScreen(clip, body, joint) {
      const { x, y } = onScreen(cells[clip], cellBox(clip), body, joint);
      return [x, y];
    },
  };
})();
