// Shows frame rate and latency as figures and as a plot, the times of all stages, and the names of the devices.
import { plot } from "./page-plot.js";

const element = (id) => document.getElementById(id);
const NAMES = { capture: "Wait for the camera", infer: "Network", finish: "Edges", scene: "Background" };

const isMeasured = (spread) => Number.isFinite(spread?.p50_ms);

function inWords(spread) {
  return isMeasured(spread) ? `${spread.p50_ms.toFixed(0)} ms, 95 % within ${spread.p95_ms.toFixed(0)}` : "–";
}

function row([name, { p50_ms: half, p95_ms: most }]) {
  const out = document.createElement("tr");
  const heading = document.createElement("th");
  heading.scope = "row";
  heading.textContent = name;
  out.append(heading);
  for (const value of [half, most]) out.insertCell().textContent = value.toFixed(1);
  return out;
}

function remoteInWords(remote) {
  if (!remote) return "";
  const rates = [remote.sent_mbit_s, remote.received_mbit_s].map((rate) => rate.toFixed(1)).join(" + ");
  const state = remote.connected ? `${remote.server}, ${rates} Mbit/s` : `${remote.server} is lost`;
  return `${state}; ${remote.answered} mattes from there, ${remote.local} from here, ${remote.lost} frames lost`;
}

// Return the function that shows the statistics of one second.
export function figures() {
  const draw = plot(element("plot"));

  return (stats) => {
    const { fps, stages = {}, age } = stats.recent;
    element("fps").textContent = Number.isFinite(fps) ? `${fps.toFixed(1)} fps` : "–";
    element("age").textContent = inWords(age);
    element("infer").textContent = inWords(stages.infer);
    draw(fps, age?.p50_ms);
    const rows = Object.entries(stages).map(([name, spread]) => [NAMES[name] ?? `To ${name}`, spread]);
    rows.push(["Latency, camera to outputs", age]);
    if (stats.preview?.watching) rows.push(["Latency, camera to this page", stats.preview.age]);
    if (stats.overlay?.watching) rows.push(["Latency, camera to overlay", stats.overlay.age]);
    if (stats.remote?.connected) rows.push(["To the server and back", stats.remote]);
    element("stages").replaceChildren(...rows.filter(([, spread]) => isMeasured(spread)).map(row));
    element("remote").textContent = remoteInWords(stats.remote);
    element("remote-row").hidden = !stats.remote;
    const waiting = stats.at_next_start?.length ? `After a restart: ${stats.at_next_start.join(", ")}.` : "";
    if (element("waiting").textContent !== waiting) element("waiting").textContent = waiting;
    element("granted-camera").textContent = stats.source;
    element("granted-network").textContent = stats.matter;
    element("granted-outputs").textContent = stats.sinks.join(", ");
  };
}
