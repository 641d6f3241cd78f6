// The way in: the token comes behind the # of the address that greenless shows, and is exchanged for a key. The key stays
// in the storage of this origin, which neither another site nor another port of this machine can read.

const PLACE = "greenless key";
let held = "";

// Where the browser keeps nothing for pages, the key lasts as long as the page.
function key() {
  try {
    return localStorage.getItem(PLACE) ?? held;
  } catch {
    return held;
  }
}

// Exchange the token in the address for the key, and take it out of the address. Without one nothing happens.
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

addEventListener("hashchange", login); // an address with a token, opened where the page is already

function request(path, options = {}) {
  return fetch(path, { ...options, headers: { Authorization: `Bearer ${key()}`, ...options.headers } });
}

// Ask the API; the answer is what it says, an error has the message and `cure` as greenless words them.
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
    throw Object.assign(new Error("greenless does not answer"), { cure: "Start it again", status: 0 });
  }
  const said = response.status === 204 ? null : await response.json().catch(() => ({}));
  if (response.ok) return said;
  const error = new Error(said?.error ?? `greenless answered ${response.status}`);
  throw Object.assign(error, { cure: said?.cure ?? "", status: response.status });
}

// The status that a request gets now; 0 if nobody answers.
export async function status() {
  const answer = await request("/api/state").catch(() => null);
  return answer?.status ?? 0;
}

// A picture of the API as an address for an image, which must be revoked when the image has loaded.
export async function picture(path) {
  const response = await request(path);
  if (!response.ok) throw new Error(`greenless answered ${response.status}`);
  return URL.createObjectURL(await response.blob());
}

// A WebSocket of the API. Its request takes no header of ours, so the key goes as a second subprotocol.
export function socket(path) {
  return new WebSocket(`ws://${location.host}${path}`, ["greenless", key() || "none"]);
}
