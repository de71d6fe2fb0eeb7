// The query behind the list of objects: a folder, a search, filters and an order.
sap.ui.define(["./paths"], function (paths) {
  "use strict";

  const SELECT = "objectKey,name,isFolder,size,lastModified,contentType,storageClass";

  /** Kinds of files, by their media type. */
  const KINDS = {
    image: "startswith(contentType,'image/')",
    video: "startswith(contentType,'video/')",
    audio: "startswith(contentType,'audio/')",
    pdf: "contentType eq 'application/pdf'",
    text: "(startswith(contentType,'text/') or contentType eq 'application/json')",
    office: "(contains(contentType,'officedocument') or contains(contentType,'opendocument')"
      + " or startswith(contentType,'application/vnd.ms-') or contentType eq 'application/msword')",
    archive: "(contains(contentType,'zip') or contains(contentType,'tar') or contains(contentType,'compressed'))",
  };

  const SIZES = { small: "size lt 1000000", medium: "(size ge 1000000 and size lt 100000000)", large: "size ge 100000000" };
  const DAYS = { day: 1, week: 7, month: 30, year: 365 };

  /** What may be chosen of each filter. */
  const FILTERS = { kind: Object.keys(KINDS), size: Object.keys(SIZES), age: Object.keys(DAYS) };

  function quoted(text) {
    return `'${text.replaceAll("'", "''")}'`;
  }

  /** Filters narrow the files; the folders stay, because one has to get through them. */
  function filterParts(filters) {
    const parts = [];
    const any = (values, terms) => values?.length && parts.push(values.map((each) => terms[each]).join(" or "));
    any(filters.kind, KINDS);
    any(filters.size, SIZES);
    if (filters.age?.length) {
      const days = Math.max(...filters.age.map((each) => DAYS[each]));
      parts.push(`lastModified ge ${new Date(Date.now() - days * 86400000).toISOString()}`);
    }
    return parts.length ? [`(isFolder eq true or (${parts.map((part) => `(${part})`).join(" and ")}))`] : [];
  }

  /** Whether S3 finds this by itself: then the number of objects does not matter. */
  function isCheap({ sort, descending, term, begins, filters }) {
    return sort === "objectKey" && !descending && (!term || begins) && filterParts(filters).length === 0;
  }

  /**
   * The list of a folder.
   * @param {object} wanted bucket, folder, sort, descending, term, begins (search the names'
   *   beginning only, which S3 can), filters {kind, size, age}
   */
  function objects(wanted) {
    const filter = [`folder eq ${quoted(wanted.folder)}`, ...filterParts(wanted.filters)];
    if (wanted.term) {
      filter.push(wanted.begins
        ? `startswith(objectKey,${quoted(wanted.folder + wanted.term)})`
        : `contains(tolower(name),${quoted(wanted.term.toLowerCase())})`);
    }
    const order = wanted.sort === "objectKey" && !wanted.descending
      ? ""
      : `&$orderby=${encodeURIComponent(`${wanted.sort} ${wanted.descending ? "desc" : "asc"}`)}`;
    return `${paths.objects(wanted.bucket)}?$select=${SELECT}&$filter=${encodeURIComponent(filter.join(" and "))}${order}`;
  }

  /** What has this name in a folder, an object or a folder; the prefix keeps it cheap. */
  function named(folder, name) {
    const key = quoted(folder + name);
    const same = `(objectKey eq ${key} or objectKey eq ${quoted(`${folder}${name}/`)})`;
    const filter = `folder eq ${quoted(folder)} and startswith(objectKey,${key}) and ${same}`;
    return `$select=objectKey&$top=1&$filter=${encodeURIComponent(filter)}`;
  }

  /** Of the folders in a folder so many, by name; those whose names begin so. */
  const MOST_FOLDERS = 200;

  function folders(folder, begin) {
    const named = begin ? ` and startswith(objectKey,${quoted(folder + begin)})` : "";
    const filter = `folder eq ${quoted(folder)} and isFolder eq true${named}`;
    return `$select=objectKey,name&$top=${MOST_FOLDERS}&$filter=${encodeURIComponent(filter)}`;
  }

  /** One version of an object, or of something in a folder. */
  function anyVersion(key) {
    return `$select=objectKey,versionId&$top=1&$filter=${encodeURIComponent(`startswith(objectKey,${quoted(key)})`)}`;
  }

  /** Folders first, then by name as people order them: numbers by their value, case aside. */
  function arrange(rows, descending) {
    const { compare } = new Intl.Collator(document.documentElement.lang, { numeric: true });
    const sign = descending ? -1 : 1;
    return rows.toSorted((a, b) => b.isFolder - a.isFolder || sign * compare(a.name, b.name));
  }

  /** What was deleted below a folder, where the bucket keeps versions. */
  function deleted({ bucket, folder, term }) {
    const filter = ["isLatest eq true and isDeleteMarker eq true"];
    if (folder) {
      filter.push(`startswith(objectKey,${quoted(folder)})`);
    }
    if (term) {
      filter.push(`contains(tolower(objectKey),${quoted(term.toLowerCase())})`);
    }
    return `${paths.bucket(bucket)}/versions?$select=objectKey,name,versionId,lastModified,contentType`
      + `&$filter=${encodeURIComponent(filter.join(" and "))}`;
  }

  return { FILTERS, MOST_FOLDERS, objects, named, folders, anyVersion, arrange, deleted, isCheap };
});
