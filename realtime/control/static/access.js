// The token: it comes behind the # of the address that greenless shows, and is exchanged for a cookie.

// Exchange the token in the address for the cookie, and take it out of the address. Without one nothing happens.
export async function login() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  const response = await fetch("/api/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (response.ok) history.replaceState(null, "", location.pathname + location.search);
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
    response = await fetch(path, options);
  } catch {
    throw Object.assign(new Error("greenless does not answer"), { cure: "Start it again", status: 0 });
  }
  const said = response.status === 204 ? null : await response.json().catch(() => ({}));
  if (response.ok) return said;
  const error = new Error(said?.error ?? `greenless answered ${response.status}`);
  throw Object.assign(error, { cure: said?.cure ?? "", status: response.status });
}
