// Backgrounds as tiles; one's own are added by a button or by dropping a file on the page.

const element = (id) => document.getElementById(id);
const BLURRED = ["blur", "lens"]; // these take a strength: blur:0.5
const USUAL = 0.5; // without one

// Returns what shows a state in the tiles.
export function backgrounds(act) {
  const choose = (spec) => act("POST", "/api/settings", { scene: { background: spec } });
  let drawn = "";
  let kind = "";

  async function upload(file) {
    element("adding").textContent = `Taking in ${file.name} …`;
    const row = await act("POST", `/api/backgrounds?name=${encodeURIComponent(file.name)}`, file);
    element("adding").textContent = "";
    if (row) await choose(row.spec);
  }

  function tile(row, chosen) {
    const out = document.createElement("div");
    out.className = "tile";
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.spec = row.spec;
    button.setAttribute("aria-pressed", chosen);
    if (row.warning) button.title = row.warning;
    button.onclick = () => choose(row.spec);
    button.append(look(row), label(row.label));
    out.append(button);
    if (row.name !== null && !chosen) out.append(remove(row));
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

  function add() {
    const out = document.createElement("div");
    out.className = "tile";
    const button = document.createElement("button");
    button.type = "button";
    button.id = "choose";
    const plus = document.createElement("span");
    plus.className = "look add";
    plus.textContent = "+";
    button.append(plus, label("Add your own"));
    button.onclick = () => element("file").click();
    out.append(button);
    return out;
  }

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
    const shown = JSON.stringify([rows, now]);
    if (shown === drawn) return; // a tile that has the focus keeps it
    const focused = document.activeElement?.dataset?.spec;
    const isChosen = ({ spec }) => spec === now || (BLURRED.includes(kind) && spec === kind);
    element("warning").textContent = rows.find(isChosen)?.warning ?? "";
    element("tiles").replaceChildren(...rows.map((row) => tile(row, isChosen(row))), add());
    if (focused) document.querySelector(`[data-spec="${CSS.escape(focused)}"]`)?.focus();
    drawn = shown;
  };
}

function look({ spec, kind, warning, thumbnail }) {
  const out = document.createElement("span");
  out.className = `look ${kind}`;
  if (kind === "colour") out.style.background = spec;
  if (kind === "screen") out.textContent = "Your screen";
  if (warning) out.textContent = warning;
  if (thumbnail) {
    const image = new Image();
    image.loading = "lazy";
    image.alt = "";
    image.src = thumbnail;
    out.append(image);
  }
  return out;
}

function label(text) {
  const out = document.createElement("span");
  out.className = "label";
  out.textContent = text;
  return out;
}

// A file that is dropped anywhere on the page goes to upload.
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
