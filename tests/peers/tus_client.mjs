// tus-js-client as it comes, told by one JSON argument what to upload and when to break off.
//
//     node tus_client.mjs FOLDER_OF_NODE_MODULES '{"endpoint": …, "file": …, "chunk": …}'
//
// Prints {"url": …, "offset": …, "error": …} when it is done, broken off or refused.

import { createReadStream, statSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, told] = process.argv.slice(2);
const { Upload } = createRequire(pathToFileURL(`${modules}/`))("tus-js-client");
const wanted = JSON.parse(told);

const say = (upload, error = null) => {
  const status = error?.originalResponse?.getStatus() ?? null;
  console.log(JSON.stringify({ url: upload.url, offset: sent, status, error: error?.message ?? null }));
  process.exit(0);
};
let sent = 0;
const upload = new Upload(createReadStream(wanted.file), {
  endpoint: wanted.endpoint,
  uploadUrl: wanted.uploadUrl,
  uploadSize: statSync(wanted.file).size,
  chunkSize: wanted.chunk ?? Number.POSITIVE_INFINITY,
  headers: wanted.headers,
  metadata: wanted.metadata,
  retryDelays: wanted.retries ?? null,
  uploadDataDuringCreation: wanted.atOnce ?? false,
  onProgress(offset) {
    sent = offset;
    if (wanted.stopAt && offset >= wanted.stopAt) upload.abort().then(() => say(upload));
  },
  onError: (error) => say(upload, error),
  onSuccess: () => say(upload),
});
if (wanted.terminate) {
  Upload.terminate(wanted.uploadUrl, upload.options).then(() => say(upload), (error) => say(upload, error));
} else {
  upload.start();
}
