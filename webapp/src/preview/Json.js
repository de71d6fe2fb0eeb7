// JSON, indented. Only blanks change: numbers and the order of names stay as they are, mistakes are
// seen as they were made, and the beginning of a large document is indented as well.
sap.ui.define(["s3catalog/preview/Text"], (Text) => {
  "use strict";

  /** Strings (also one that was cut off), brackets, separators, and all the rest. */
  const TOKENS = /"(?:[^"\\]|\\[^])*(?:"|$)|[{}[\],:]|[^\s"{}[\],:]+/g;
  const MARKS = "{}[],:";
  const DEEPEST = 100;

  function indent(text) {
    const out = [];
    let depth = 0;
    let before = "";
    const line = () => `\n${"  ".repeat(Math.min(depth, DEEPEST))}`;
    for (const [token] of text.matchAll(TOKENS)) {
      const opens = token === "{" || token === "[";
      const closes = token === "}" || token === "]";
      if (closes) depth = Math.max(0, depth - 1);
      const isEmpty = closes && (before === "{" || before === "[");
      if (before === "," || ((before === "{" || before === "[") && !closes) || (closes && !isEmpty)) out.push(line());
      // two words side by side are no JSON
      else if (before && !MARKS.includes(before) && !MARKS.includes(token)) out.push(" ");
      out.push(token === ":" ? ": " : token);
      if (opens) depth += 1;
      before = token;
    }
    return out.join("");
  }

  return { show: (object) => Text.show(object, indent), indent };
});
