// Creates the controls from the fields of the settings, so that a new field appears without further code.

const TITLES = { "": "Run", matting: "Network", finish: "Edges", look: "Look", scene: "Scene", camera: "Camera" };
const ORDER = ["scene", "look", "finish", "matting", "camera", ""];
const ELSEWHERE = new Set(["scene.background", "camera.camera", "matting.weights", "sink"]);

const words = (name) => {
  const text = name.replace(/_s$/, "").replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
};

// Build the groups in `parent`; return the function that shows a state in them.
export function fields(parent, groups, act) {
  const shows = [];
  const rank = ({ group }) => (ORDER.includes(group) ? ORDER.indexOf(group) : ORDER.length);
  for (const { group, help, fields: rows } of [...groups].sort((a, b) => rank(a) - rank(b))) {
    const box = document.createElement("details");
    const title = document.createElement("summary");
    title.textContent = TITLES[group] ?? words(group);
    const about = hint(help);
    box.dataset.group = group;
    box.open = group === "scene";
    box.append(title, about);
    for (const field of rows) {
      const path = group ? `${group}.${field.name}` : field.name;
      if (ELSEWHERE.has(path)) continue;
      const change = (value) =>
        act("POST", "/api/settings", group ? { [group]: { [field.name]: value } } : { [field.name]: value });
      const made = row(path, field, change);
      shows.push(({ settings }) => made.show((group ? settings[group] : settings)[field.name]));
      box.append(made.row);
    }
    parent.append(box);
  }
  return (state) => shows.forEach((show) => show(state));
}

function hint(text) {
  const paragraph = document.createElement("p");
  paragraph.className = "hint";
  paragraph.textContent = text;
  return paragraph;
}

function row(path, field, change) {
  const line = document.createElement("div");
  line.className = "line";
  const label = document.createElement("label");
  const control = make(field, change);
  const help = hint(field.help);
  control.input.id = `field-${path}`;
  help.id = `help-${path}`;
  label.htmlFor = control.input.id;
  label.textContent = words(field.name);
  control.input.setAttribute("aria-describedby", help.id);
  const out = document.createElement("div");
  out.className = "field";
  line.append(label, control.beside ?? control.held ?? control.input);
  out.append(line);
  if (control.beside) out.append(control.input);
  out.append(help);
  let last;
  control.input.addEventListener("blur", () => control.show(last)); // discard refused input
  const show = (value) => {
    last = value;
    if (!control.typing || document.activeElement !== control.input) control.show(value);
  };
  return { row: out, show };
}

function make(field, change) {
  if (field.type === "choice") return choice(field, change);
  if (field.type === "switch") return toggle(change);
  const narrow = field.range && field.range[1] - field.range[0] <= 64;
  if (field.type === "number" && narrow) return slider(field, change);
  return field.type === "number" || field.type === "integer" ? number(field, change) : text(field, change);
}

function choice({ choices }, change) {
  const input = document.createElement("select");
  input.append(...choices.map((name) => new Option(name, name)));
  input.onchange = () => change(choices[input.selectedIndex]); // a number stays a number
  return { input, show: (value) => { input.value = value; } };
}

function toggle(change) {
  const input = document.createElement("input");
  input.type = "checkbox";
  input.onchange = () => change(input.checked);
  return { input, show: (value) => { input.checked = value; } };
}

// Return a step for about a hundred steps: 1, 2 or 5 times a power of ten, for round values.
function step(low, high) {
  const power = 10 ** Math.floor(Math.log10((high - low) / 100));
  return power * [1, 2, 5, 10].find((times) => times * power >= (high - low) / 100 - 1e-9);
}

// A slider with its value; while the user drags it, it sends at most ten changes a second.
function slider({ range: [low, high], unit }, change) {
  const input = document.createElement("input");
  const beside = document.createElement("output");
  Object.assign(input, { type: "range", min: low, max: high, step: step(low, high) });
  const say = (value) => { beside.textContent = `${Number(value.toFixed(3))} ${unit}`.trim(); };
  let timer = 0;
  let asked = 0;
  let last;
  function show(value) {
    last = value;
    if (timer || asked) return; // the user is dragging
    input.value = value;
    say(value);
  }
  async function ask() {
    timer = 0;
    asked += 1;
    await change(input.valueAsNumber);
    asked -= 1;
    show(last);
  }
  input.oninput = () => {
    say(input.valueAsNumber);
    timer ||= setTimeout(ask, 100);
  };
  return { input, beside, show };
}

function number({ type, range, unit }, change) {
  const input = document.createElement("input");
  input.type = "number";
  input.step = type === "integer" ? 1 : "any";
  if (range) [input.min, input.max] = range;
  input.onchange = () => Number.isNaN(input.valueAsNumber) || change(input.valueAsNumber);
  const held = document.createElement("span");
  held.className = "amount";
  held.append(input, unit);
  return { input, held, typing: true, show: (value) => { input.value = value; } };
}

function text({ type }, change) {
  const input = document.createElement("input");
  input.type = "text";
  const list = type === "list";
  input.onchange = () => change(list ? input.value.split(",").map((part) => part.trim()).filter(Boolean) : input.value);
  return { input, typing: true, show: (value) => { input.value = list ? value.join(", ") : value; } };
}
