// The control page: shows the state of greenless and requests changes. greenless owns the state: after each change, the
// controls show the values that it returns, including changes by other clients.
import { ask, login, socket as openSocket, status as statusNow } from "./access.js";
import { backgrounds } from "./page-backgrounds.js";
import { devices } from "./page-devices.js";
import { fields } from "./page-fields.js";
import { figures } from "./page-figures.js";
import { line } from "./page-line.js";
import { presets } from "./page-presets.js";
import { watchPictures } from "./pictures.js";

const RETRY_MS = 1000;
const NO_ANSWER = "greenless does not answer. Restart it; this page then reconnects automatically";
const NO_TOKEN =
  "This address has no valid token. Open the address that greenless printed at its start, " +
  "or the one from this command: greenless ctl page";
const element = (id) => document.getElementById(id);
const listeners = [];
let state = null;
let revision = 0; // of the state
let built = null;
let reported = "";

// Send a request; show an error with its cure.
async function send({ method, path, body }) {
  try {
    const answer = await ask(method, path, body);
    problem("");
    if (answer?.settings) take(answer);
    return answer;
  } catch (error) {
    problem([error.message, error.cure].filter(Boolean).join(". "));
    if (state) take(state); // reset the controls
    return null;
  }
}

const change = line(send);
const hide = line(send); // shutter and pause do not wait for changes

// Requests that set the same settings come from one control, so a newer one replaces them. All others are sent.
function act(method, path, body) {
  const wish = { method, path, body };
  if (body instanceof Blob) return send(wish); // a large file must not block the queue
  return change(path === "/api/settings" ? JSON.stringify(body, named) : Symbol(path), wish);
}

const named = (_, value) => (value instanceof Object && !Array.isArray(value) ? value : null);

function problem(text) {
  element("problem").textContent = text.slice(0, 1).toUpperCase() + text.slice(1);
  element("problem").hidden = !text;
}

// Drop a state that is older than the one shown, because answers may arrive out of order.
function take(next) {
  if (next.revision >= revision) ({ revision } = state = next);
  for (const listener of listeners) listener(state);
}

function showStatus({ running, shutter_closed: closed }) {
  const status = element("status");
  status.dataset.state = closed || !running ? "held" : "live";
  status.textContent = closed ? "Shutter closed" : running ? "Live" : "Paused";
  element("shutter").textContent = closed ? "Open shutter" : "Close shutter";
  element("shutter").classList.toggle("held", closed);
  element("running").textContent = running ? "Pause" : "Resume";
  element("running").classList.toggle("held", !running);
}

// Receive state and statistics over one connection, and reconnect automatically.
function listen() {
  const socket = openSocket("/api/events");
  socket.onopen = () => {
    revision = 0; // a new run restarts the count
    problem((reported = ""));
    built ??= build().catch(({ message }) => {
      built = null;
      problem(message);
    });
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.event === "state") take(message.state);
    else showStats(message.stats);
  };
  socket.onclose = async () => {
    element("status").dataset.state = "lost";
    element("status").textContent = "Not connected";
    const now = await statusNow();
    const why = { 0: NO_ANSWER, 401: NO_TOKEN }[now] ?? "";
    if (why && why !== reported) problem(why); // only once, so that the user can dismiss it
    reported = why;
    setTimeout(listen, RETRY_MS);
  };
}

// The preview: the composite or the matte. A hidden tab shows none, so that it does not keep an on-demand camera open.
const canvas = element("preview");
const context = canvas.getContext("2d");
let endWatching = () => {};
let view = "preview";

function watch(wanted) {
  endWatching();
  view = wanted;
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", button.dataset.view === view);
  }
  if (document.hidden) {
    canvas.classList.add("old");
    return;
  }
  endWatching = watchPictures(view, {
    show({ bitmap, number, isNotice }) {
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      }
      context.drawImage(bitmap, 0, 0);
      canvas.classList.remove("old");
      canvas.classList.toggle("notice", isNotice);
      document.documentElement.dataset.shown = number;
      document.documentElement.dataset.view = wanted;
    },
    lost: () => canvas.classList.add("old"),
  });
}

const showStats = figures();

// Build the controls. This needs a valid token.
async function build() {
  const [groups, overlay] = await Promise.all(["/api/fields", "/api/overlay"].map((path) => ask("GET", path)));
  element("overlay").href = overlay.url;
  listeners.push(showStatus, backgrounds(act), presets(act), devices(act), fields(element("groups"), groups, act));
  listeners.push(() => { element("main").hidden = element("actions").hidden = false; });
  if (state) take(state);
}

async function begin() {
  element("shutter").onclick = () =>
    hide("shutter", { method: "POST", path: "/api/shutter", body: { closed: !state.shutter_closed } });
  element("running").onclick = () =>
    hide("running", { method: "POST", path: state.running ? "/api/stop" : "/api/start" });
  element("next").onclick = () => act("POST", "/api/next");
  element("dismiss").onclick = () => problem("");
  let saved = "";
  element("save").onclick = async () => {
    const answer = await act("POST", "/api/settings/save");
    saved = answer ? JSON.stringify(answer.settings) : "";
    element("saved").textContent = answer ? "Saved." : "";
  };
  listeners.push(({ settings }) => {
    if (JSON.stringify(settings) !== saved) element("saved").textContent = "";
  });
  element("mirror").onclick = ({ currentTarget }) => {
    const mirrored = canvas.classList.toggle("mirrored");
    currentTarget.setAttribute("aria-pressed", mirrored);
  };
  for (const button of document.querySelectorAll("[data-view]")) button.onclick = () => watch(button.dataset.view);
  await login();
  listen();
  watch(view);
  document.addEventListener("visibilitychange", () => watch(view));
}

begin();
