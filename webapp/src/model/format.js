// How values are written for people, in their language.
sap.ui.define([
  "sap/base/strings/formatMessage",
  "sap/ui/core/format/DateFormat",
  "sap/ui/core/format/FileSizeFormat",
  "sap/ui/core/format/NumberFormat",
], function (formatMessage, DateFormat, FileSizeFormat, NumberFormat) {
  "use strict";

  /** By the beginning of the media type; the icons of Fiori's cloud file browser. */
  const ICONS = [
    [/^image\//, "attachment-photo"],
    [/^video\//, "attachment-video"],
    [/^audio\//, "attachment-audio"],
    [/pdf$/, "pdf-attachment"],
    [/zip|compressed|x-tar|gzip/, "attachment-zip-file"],
    [/spreadsheet|ms-excel|csv$/, "excel-attachment"],
    [/presentation|powerpoint/, "ppt-attachment"],
    [/wordprocessing|msword/, "doc-attachment"],
    [/html|xml|json|javascript/, "attachment-html"],
    [/^text\//, "attachment-text-file"],
  ];

  /** Amazon's names of its classes; names of products are not translated. */
  const STORAGE_CLASSES = {
    STANDARD: "Standard",
    STANDARD_IA: "Standard-IA",
    ONEZONE_IA: "One Zone-IA",
    INTELLIGENT_TIERING: "Intelligent-Tiering",
    GLACIER_IR: "Glacier Instant Retrieval",
    GLACIER: "Glacier Flexible Retrieval",
    DEEP_ARCHIVE: "Glacier Deep Archive",
    EXPRESS_ONEZONE: "Express One Zone",
    REDUCED_REDUNDANCY: "Reduced Redundancy",
  };

  function icon(isFolder, contentType) {
    if (isFolder) {
      return "sap-icon://folder-blank";
    }
    const found = ICONS.find(([pattern]) => pattern.test(contentType ?? ""));
    return `sap-icon://${found ? found[1] : "document"}`;
  }

  function size(bytes, isFolder) {
    if (bytes === null || bytes === undefined || isFolder) {
      return "";
    }
    const format = FileSizeFormat.getInstance({ binaryFilesize: false, maxFractionDigits: 1 });
    return format.format(Number(bytes));
  }

  function number(value) {
    return NumberFormat.getIntegerInstance({ groupingEnabled: true }).format(Number(value ?? 0));
  }

  function dateTime(value) {
    return value ? DateFormat.getDateTimeInstance({ style: "medium/short" }).format(new Date(value)) : "";
  }

  function date(value) {
    return value ? DateFormat.getDateInstance({ style: "medium" }).format(new Date(value)) : "";
  }

  function storageClass(code) {
    return STORAGE_CLASSES[code] ?? code ?? "";
  }

  /** What kind of file it is: by the ending that people know, else by the media type. */
  function type(fileName, contentType, isFolder, folder) {
    if (isFolder) {
      return folder;
    }
    const ending = /\.([a-z0-9]{1,6})$/i.exec(fileName ?? "");
    return ending ? ending[1].toUpperCase() : contentType ?? "";
  }

  /** A folder's name without its slash. */
  function name(text) {
    return (text ?? "").replace(/\/$/, "");
  }

  /** A sentence with a number of objects and their size in it. */
  function counted(pattern, objects, bytes) {
    return formatMessage(pattern ?? "", [number(objects), size(bytes ?? 0)]);
  }

  function outOf(done, total) {
    return `${number(done)} / ${number(total)}`;
  }

  return { icon, type, storageClass, size, number, dateTime, date, name, counted, outOf };
});
