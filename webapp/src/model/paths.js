// Where things are in the catalogue: URLs relative to its root, and what keys tell of folders.
sap.ui.define([], function () {
  "use strict";

  /** A text as an OData literal inside a URL's path or query. */
  function literal(text) {
    return encodeURIComponent("'" + text.replaceAll("'", "''") + "'");
  }

  function bucket(id) {
    return `Buckets(${literal(id)})`;
  }

  function objects(id) {
    return `${bucket(id)}/objects`;
  }

  function object(id, key) {
    return `${objects(id)}(${literal(key)})`;
  }

  function content(id, key) {
    return `${object(id, key)}/content`;
  }

  function versions(id, key) {
    return `${object(id, key)}/versions`;
  }

  function version(id, key, versionId) {
    return `${versions(id, key)}(${literal(versionId)})`;
  }

  /** An archive of a folder, or of these keys. */
  function zip(id, folder, keys) {
    const call = `${objects(id)}/CatalogService.zip`;
    return keys
      ? `${call}(keys=@k)?@k=${encodeURIComponent(JSON.stringify(keys))}`
      : `${call}(folder=${literal(folder)})`;
  }

  /** The folder in which a key lies; of a folder, the one above. */
  function folderOf(key) {
    return key.slice(0, key.replace(/\/$/, "").lastIndexOf("/") + 1);
  }

  /** The last part of a key, without the slash of a folder. */
  function nameOf(key) {
    return key.replace(/\/$/, "").split("/").pop();
  }

  /** What somebody typed as a folder: with its slash, or nothing for the bucket itself. */
  function asFolder(text) {
    return text && !text.endsWith("/") ? `${text}/` : text;
  }

  /** The folders on the way to this one, each with its name and key. */
  function trail(folder) {
    const names = folder.split("/").slice(0, -1);
    return names.map((name, at) => ({ name, folder: names.slice(0, at + 1).join("/") + "/" }));
  }

  return { literal, bucket, objects, object, content, versions, version, zip, folderOf, nameOf, asFolder, trail };
});
