// Authentication: exchanges the token after the # of the address for a key. The key stays in the storage of this origin,
// which neither another site nor another port of this machine can read.

const PLACE = "greenless key";
let held = "";

// If the browser blocks storage, the key is valid until the page closes.
function key() {
  try {
    return localStorage.getItem(PLACE) ?? held;
  } catch {
    return held;
  }
}

// Exchange the token in the address for the key, and remove it from the address. Without a token, do nothing.
export async function login() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  const response = await fetch("/api/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (!response.ok) return;
  held = (await response.json()).key;
  try {
    localStorage.setItem(PLACE, held);
  } catch {
    return; // a reload needs the token again
  }
  history.replaceState(null, "", location.pathname + location.search);
}

addEventListener("hashchange", login); // the user opens an address with a token in the tab of this page

function request(path, options = {}) {
  return fetch(path, { ...options, headers: { Authorization: `Bearer ${key()}`, ...options.headers } });
}

// Send a request to the API and return its answer; an error has the message and the `cure` of greenless.
export async function ask(method, path, body) {
  const options = { method };
  if (body instanceof Blob) options.body = body;
  else if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await request(path, options);
  } catch {
    throw Object.assign(new Error("greenless does not answer"), { cure: "Restart it", status: 0 });
  }
  const said = response.status === 204 ? null : await response.json().catch(() => ({}));
  if (response.ok) return said;
  const error = new Error(said?.error ?? `greenless answered ${response.status}`);
  throw Object.assign(error, { cure: said?.cure ?? "", status: response.status });
}

// Return the status of a request; 0 without an answer.
export async function status() {
  const answer = await request("/api/state").catch(() => null);
  return answer?.status ?? 0;
}

// Return an image of the API as an object URL; the caller revokes it after the image has loaded.
export async function picture(path) {
  const response = await request(path);
  if (!response.ok) throw new Error(`greenless answered ${response.status}`);
  return URL.createObjectURL(await response.blob());
}

// Open a WebSocket of the API. Browsers allow no custom header there, so the key is the second subprotocol.
export function socket(path) {
  return new WebSocket(`ws://${location.host}${path}`, ["greenless", key() || "none"]);
}
