// Shows the backgrounds as tiles. A button or a file dropped on the page adds the user's own.
import { picture } from "./access.js";
import { list } from "./page-list.js";

const element = (id) => document.getElementById(id);
const BLURRED = ["blur", "lens"]; // these have a strength: blur:0.5
const USUAL = 0.5; // the default strength

// Return the function that shows a state in the tiles.
export function backgrounds(act) {
  let chosen = 0;
  const choose = (spec) => {
    chosen += 1;
    return act("POST", "/api/settings", { scene: { background: spec } });
  };
  const drawn = list(element("tiles"), tile);
  let kind = "";

  async function upload(file) {
    const before = chosen;
    element("adding").textContent = `Adding ${file.name} …`;
    const row = await act("POST", `/api/backgrounds?name=${encodeURIComponent(file.name)}`, file);
    element("adding").textContent = "";
    if (row && chosen === before) await choose(row.spec); // unless the user has chosen another one
  }

  function tile(row) {
    const out = document.createElement("div");
    out.className = "tile";
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.spec = row.spec;
    if (row.warning) button.title = row.warning;
    button.onclick = () => choose(row.spec);
    button.append(look(row), label(row.label));
    out.append(button);
    if (row.name !== null) out.append(remove(row));
    return out;
  }

  function remove({ name, label: title }) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "delete";
    button.textContent = "×";
    button.setAttribute("aria-label", `Delete ${title}`);
    button.onclick = () => {
      if (confirm(`Delete the background "${title}" from this machine?`)) {
        act("DELETE", `/api/backgrounds/${encodeURIComponent(name)}`);
      }
    };
    return button;
  }

  element("choose").hidden = false;
  element("choose").onclick = () => element("file").click();
  element("file").onchange = ({ target }) => {
    if (target.files.length) upload(target.files[0]);
    target.value = "";
  };
  element("strength").onchange = ({ target }) => choose(`${kind}:${target.value}`);
  element("colour").onchange = ({ target }) => choose(target.value);
  dropping(upload);

  return ({ settings, backgrounds: rows }) => {
    const now = settings.scene.background;
    const [name, strength] = now.split(":");
    kind = name;
    element("strength-row").hidden = !BLURRED.includes(kind);
    if (document.activeElement !== element("strength")) element("strength").value = strength ?? USUAL;
    if (now.startsWith("#")) element("colour").value = now;
    const isChosen = ({ spec }) => spec === now || (BLURRED.includes(kind) && spec === kind);
    const warning = rows.find(isChosen)?.warning ?? "";
    if (element("warning").textContent !== warning) element("warning").textContent = warning; // screen readers read each change
    drawn(rows.map((row) => [JSON.stringify(row), row])).forEach((out, index) => {
      const [button, remover] = out.children;
      const chosen = isChosen(rows[index]);
      button.setAttribute("aria-pressed", chosen);
      if (!remover) return;
      if (chosen && remover === document.activeElement) button.focus();
      remover.hidden = chosen;
    });
  };
}

function look({ spec, kind, warning, thumbnail }) {
  const out = document.createElement("span");
  out.className = `look ${kind}`;
  if (kind === "colour") out.style.background = spec;
  if (kind === "screen") out.textContent = "Your screen";
  if (warning) out.textContent = warning;
  if (thumbnail) whenSeen(out, () => show(out, thumbnail));
  return out;
}

// Load the thumbnail with the key, because a browser sends no header for an image.
async function show(out, thumbnail) {
  const image = new Image();
  image.alt = "";
  try {
    image.src = await picture(thumbnail);
    await image.decode();
    out.append(image);
  } catch {
    out.classList.add("broken");
    out.append("Cannot show it");
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

// Call act once, when the element is almost visible.
function whenSeen(element, act) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    act();
  }, { rootMargin: "200px" });
  observer.observe(element);
}

function label(text) {
  const out = document.createElement("span");
  out.className = "label";
  out.textContent = text;
  return out;
}

// Upload a file that the user drops anywhere on the page.
function dropping(upload) {
  let inside = 0;
  const show = () => { element("drop").hidden = inside === 0; };
  const holdsFile = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (!holdsFile(event)) return;
    inside += 1;
    show();
  });
  addEventListener("dragleave", (event) => {
    if (!holdsFile(event)) return;
    inside = Math.max(0, inside - 1);
    show();
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    inside = 0;
    show();
    if (event.dataTransfer.files.length) upload(event.dataTransfer.files[0]);
  });
}
