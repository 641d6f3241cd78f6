// The overlay: the person with alpha and without a background. ?stats shows rate and latency, ?canvas=2d avoids WebGL.
import { login, status } from "./access.js";
import { canvas2d } from "./overlay-canvas2d.js";
import { webgl } from "./overlay-webgl.js";
import { watchPictures } from "./pictures.js";

const options = new URLSearchParams(location.search);
const canvas = document.getElementById("picture");
const stats = document.getElementById("stats");
const problem = document.getElementById("problem");

const painter = (options.get("canvas") !== "2d" && webgl(canvas)) || canvas2d(canvas);
document.documentElement.dataset.painter = painter.name;

// Show the frame rate of the last second and the latency from camera to screen.
const shownAt = [];
function tell(picture) {
  const now = performance.now();
  shownAt.push(now);
  while (shownAt[0] < now - 1000) shownAt.shift();
  const age = Number.isNaN(picture.ageMs) ? "" : `, ${picture.ageMs.toFixed(0)} ms from camera to screen`;
  stats.textContent =
    `${shownAt.length} fps${age}, ${picture.width}x${picture.height}, ` +
    `${(picture.bytes / 1000).toFixed(0)} kB per frame, ${painter.name}`;
  document.documentElement.dataset.ageMs = picture.ageMs;
}

await login();
stats.hidden = !options.has("stats");
watchPictures("overlay", {
  show(picture) {
    painter.paint(picture);
    problem.hidden = true;
    tell(picture);
    document.documentElement.dataset.shown = picture.number;
  },
  async lost() {
    painter.clear(); // viewers would take a frozen frame for a person who sits still
    const now = await status();
    problem.textContent = "greenless: open the address from this command: greenless ctl page --overlay";
    problem.hidden = now !== 401;
  },
});
