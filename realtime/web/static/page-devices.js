// The lists of cameras and networks: those available now, and the one in the settings even if it is unavailable.
import { ask } from "./access.js";

const element = (id) => document.getElementById(id);

// Return the function that shows a state in both lists.
export function devices(act) {
  const cameras = choice(element("camera"), "/api/cameras");
  const networks = choice(element("network"), "/api/networks");

  element("camera").onchange = ({ target: { value } }) => {
    const isCamera = cameras.rows().some((row) => row.value === value);
    act("POST", "/api/settings", isCamera ? { source: "camera", camera: { camera: value } } : { source: value });
  };
  element("network").onchange = ({ target: { value } }) => act("POST", "/api/settings", { matting: { weights: value } });

  return ({ settings: { source, camera, matting } }) => {
    if (source === "camera") cameras.show(camera.camera, `${called(camera.camera)} (not found)`, named);
    else cameras.show(source, source);
    networks.show(matting.weights, matting.weights);
  };
}

// Find a camera by its path, its number or a part of its name.
function named(set, rows) {
  const part = set.toLowerCase();
  return (
    rows.find(({ value }) => value === set || value === `/dev/video${set}`) ??
    rows.find(({ label }) => part && label.toLowerCase().includes(part))
  );
}

const called = (set) => (/^\d+$/.test(set) ? `Camera ${set}` : set);

const equal = (set, rows) => rows.find(({ value }) => value === set);

// A select that reads its options again when the user opens it, so that new devices appear.
function choice(select, path) {
  const help = element(`${select.id}-help`);
  let rows = null;
  let draw = () => {};
  let drawn = "";
  let reading = false;

  async function read() {
    if (reading) return;
    reading = true;
    rows = await ask("GET", path).catch(() => rows); // the status shows the error
    reading = false;
    draw();
  }

  for (const type of ["pointerenter", "focus"]) select.addEventListener(type, read);
  document.addEventListener("visibilitychange", () => document.hidden || read());

  return {
    rows: () => rows ?? [],
    show(set, absent, find = equal) {
      draw = () => {
        const found = find(set, rows ?? []);
        const all = found ? rows : [{ value: set, label: rows ? absent : set }, ...(rows ?? [])];
        if (JSON.stringify(all) !== drawn) select.replaceChildren(...all.map(option)); // an open list stays open
        drawn = JSON.stringify(all);
        select.value = found ? found.value : set;
        if (help) help.textContent = found?.help ?? "";
      };
      draw();
      if (!rows) read();
    },
  };
}

function option({ value, label, present = true }) {
  const out = new Option(present ? label : `${label} (not fetched)`, value);
  out.disabled = !present;
  return out;
}
