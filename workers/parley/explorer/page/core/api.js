/** The JSON API. */

/** Why there is no answer. `status` is 0 where nothing came back at all; `retryAfter` is in seconds, or null. */
export class Failure extends Error {
  constructor(status, message, hint = null, retryAfter = null) {
    super(message);
    this.status = status;
    this.hint = hint;
    this.retryAfter = retryAfter;
  }
}

/** The answer to GET under /api. Throws `Failure`, or the signal's AbortError. */
export async function get(path, signal) {
  let response;
  try {
    response = await fetch(`/api${path}`, { signal, headers: { accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(
      0,
      "The server does not answer.",
      "Is `parley explorer serve` running? This page tries again by itself.",
    );
  }
  if (response.ok) return read(response);
  const { error } = await read(response).catch(() => ({}));
  const wait = Number(response.headers.get("retry-after")) || null;
  throw new Failure(response.status, error?.message ?? `The server answers ${response.status}.`, error?.hint, wait);
}

async function read(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "The server's answer broke off.", "This page tries again by itself.");
  }
}
