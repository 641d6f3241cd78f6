// Presets: looks with a name. Returns what shows a state in the list.
import { list } from "./page-list.js";

const element = (id) => document.getElementById(id);

export function presets(act) {
  const drawn = list(element("preset-list"), entry);
  const path = (name) => `/api/presets/${encodeURIComponent(name)}`;

  function entry(name) {
    const out = document.createElement("li");
    const apply = document.createElement("button");
    apply.type = "button";
    apply.dataset.preset = name;
    apply.textContent = name;
    apply.onclick = () => act("POST", `${path(name)}/apply`);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "Delete";
    remove.setAttribute("aria-label", `Delete the preset ${name}`);
    remove.onclick = () => act("DELETE", path(name));
    out.append(apply, remove);
    return out;
  }

  element("preset-form").onsubmit = async (event) => {
    event.preventDefault();
    if (await act("PUT", path(element("preset-name").value.trim()))) element("preset-name").value = "";
  };

  return ({ presets: names }) => drawn(names.map((name) => [name, name]));
}
