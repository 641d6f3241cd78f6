// Presets: named looks. Return the function that shows a state in the list.
import { list } from "./page-list.js";

const element = (id) => document.getElementById(id);

export function presets(act) {
  const drawn = list(element("preset-list"), entry);
  let known = [];
  const path = (name) => `/api/presets/${encodeURIComponent(name)}`;

  function entry(name) {
    const out = document.createElement("li");
    const apply = document.createElement("button");
    apply.type = "button";
    apply.dataset.preset = name;
    apply.textContent = name;
    apply.title = name;
    apply.onclick = () => act("POST", `${path(name)}/apply`);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "Delete";
    remove.setAttribute("aria-label", `Delete the preset ${name}`);
    remove.onclick = () => confirm(`Delete the preset "${name}"?`) && act("DELETE", path(name));
    out.append(apply, remove);
    return out;
  }

  element("preset-form").onsubmit = async (event) => {
    event.preventDefault();
    const name = element("preset-name").value.trim();
    if (known.includes(name) && !confirm(`Replace the preset "${name}"?`)) return;
    if (await act("PUT", path(name))) element("preset-name").value = "";
  };

  return ({ presets: names }) => {
    known = names;
    drawn(names.map((name) => [name, name]));
  };
}
