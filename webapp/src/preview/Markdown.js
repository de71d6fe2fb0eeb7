// Markdown, rendered by markdown-it without raw HTML. What comes out goes through OpenUI5's
// sanitiser as well, so that two things would have to fail before anything runs.
sap.ui.define([
  "sap/base/security/encodeXML", "sap/base/security/sanitizeHTML", "sap/m/Text", "sap/m/VBox",
  "s3catalog/preview/Stage", "s3catalog/preview/load",
], (encodeXML, sanitizeHTML, Text, VBox, Stage, load) => {
  "use strict";

  const MOST_BYTES = 256 << 10;
  /** Of the heading above a preview. */
  const LEVEL = 3;
  const HARMLESS = /^(?:https?:\/\/|mailto:)/i;

  function renderer(markdownit) {
    const markdown = markdownit({ html: false, linkify: true });
    // relative links would lead somewhere in our page, and the rest are traps: both are words only
    markdown.validateLink = () => true;
    markdown.renderer.rules.link_open = (tokens, at, options, _, self) => {
      if (!HARMLESS.test(tokens[at].attrGet("href"))) tokens[at].attrs = [];
      return self.renderToken(tokens, at, options);
    };
    // a picture from elsewhere would tell its server who reads this
    markdown.renderer.rules.image = (tokens, at) => `<em>${encodeXML(tokens[at].content)}</em>`;
    return markdown;
  }

  /** Headings begin below the page's own and leave out no level, whatever their author did. */
  function rank(headings) {
    const above = [];
    for (const heading of headings) {
      const own = Number(heading.tagName[1]);
      while (above.at(-1) >= own) above.pop();
      above.push(own);
      heading.ariaLevel = LEVEL + above.length;
    }
  }

  async function show({ name, source, text }) {
    const [markdownit, found] = await Promise.all([load("markdown-it", "markdownit"), source.text(MOST_BYTES)]);
    const article = Object.assign(document.createElement("article"), { className: "s3catalogMarkdown", dir: "auto" });
    const harmless = (url) => (HARMLESS.test(url) ? url : undefined);
    article.innerHTML = sanitizeHTML(renderer(markdownit).render(found.text), { uriRewriter: harmless });
    for (const link of article.querySelectorAll("a[href]")) {
      Object.assign(link, { target: "_blank", rel: "noopener noreferrer" });
    }
    rank(article.querySelectorAll("h1, h2, h3, h4, h5, h6"));
    const note = new Text({ visible: !found.isAll }).setText(text("truncated", [MOST_BYTES / 1024]));
    return new VBox({
      renderType: "Bare",
      items: [new Stage({ scrolls: true }).setLabel(name).put(article), note],
    });
  }

  return { show };
});
