// Requests to the catalogue, from a page in the browser (with its session and CSRF token) and
// beside it (straight to the service, with a token of the ready file).

/** The address of an object's content; a quote in a key is doubled, as OData wants it. */
export function contentPath(bucket, key) {
  const literal = (text) => `'${encodeURIComponent(text.replaceAll("'", "''"))}'`;
  return `/catalog/Buckets(${literal(bucket)})/objects(${literal(key)})/content`;
}

/** A request of the page's scripts: `{status, headers, text, size}`. */
export function ask(page, path, { method = "GET", headers = {}, body } = {}) {
  return page.evaluate(async ([path, init]) => {
    const response = await fetch(path, init);
    const bytes = await response.arrayBuffer();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text: new TextDecoder().decode(bytes.slice(0, 10_000)),
      size: bytes.byteLength,
    };
  }, [path, { method, headers, body }]);
}

/** The token that changes of this page's session must bring. */
export async function csrfToken(page) {
  return (await ask(page, "/catalog/", { method: "HEAD", headers: { "x-csrf-token": "Fetch" } })).headers["x-csrf-token"];
}

/** A request that changes something, with the session's token. */
export async function change(page, method, path, { headers = {}, body } = {}) {
  return ask(page, path, { method, body, headers: { "x-csrf-token": await csrfToken(page), ...headers } });
}

/** What the service itself says, without anything in between. */
export async function direct(ready, path, { user = "alice", ...init } = {}) {
  return fetch(ready.service + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${ready.token[user]}` } });
}

/** Every key of a bucket that begins with `prefix`, by the service itself. */
export async function keysOf(ready, bucket, prefix) {
  const filter = encodeURIComponent(`startswith(objectKey,'${prefix.replaceAll("'", "''")}')`);
  const answer = await direct(ready, `/catalog/Buckets('${bucket}')/objects?$filter=${filter}&$select=objectKey`);
  return (await answer.json()).value.map(({ objectKey }) => objectKey);
}
