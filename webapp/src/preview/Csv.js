// CSV as a table, read by Papa Parse. Cells are text: a formula is seen, not calculated.
sap.ui.define([
  "sap/m/Column", "sap/m/ColumnListItem", "sap/m/ScrollContainer", "sap/m/Table", "sap/m/Text", "sap/m/VBox",
  "sap/ui/core/InvisibleText", "sap/ui/model/json/JSONModel", "s3catalog/preview/Source", "s3catalog/preview/load",
], (Column, ColumnListItem, ScrollContainer, Table, Text, VBox, InvisibleText, JSONModel, Source, load) => {
  "use strict";

  const { Unfit } = Source;

  const MOST_BYTES = 256 << 10;
  const MOST_ROWS = 5000;
  const MOST_COLUMNS = 60;
  const MOST_LETTERS = 500;
  const AT_ONCE = 50;
  /** As they are written in tables of many countries, with signs, units of money and per cent. */
  const NUMBER = /^[-+−(]?\p{Sc}?\s?\d[\d.,'’\s]*(?:e[-+]?\d+)?\s?(?:%|\p{Sc})?\)?$/iu;

  function cut(cell) {
    return cell.length > MOST_LETTERS ? `${cell.slice(0, MOST_LETTERS)}…` : cell;
  }

  async function show({ name, source, text }) {
    const [Papa, found] = await Promise.all([load("papaparse", "Papa"), source.text(MOST_BYTES)]);
    const { data, meta } = Papa.parse(found.text, { preview: MOST_ROWS + 1, skipEmptyLines: "greedy" });
    // the last line of a part is rarely whole
    if (!found.isAll && !meta.truncated && data.length > 1) data.pop();
    if (data.length === 0) throw new Unfit("empty");
    const [heads, ...rows] = data.map((row) => row.slice(0, MOST_COLUMNS).map(cut));
    const width = Math.max(heads.length, ...rows.map((row) => row.length));
    const columns = [...Array(width).keys()];
    const isNumeric = (at) => rows.some((row) => row[at]) && rows.every((row) => !row[at] || NUMBER.test(row[at].trim()));
    const table = new Table({
      growing: true,
      growingThreshold: AT_ONCE,
      growingScrollToLoad: false,
      fixedLayout: false,
      sticky: ["ColumnHeaders"],
      columns: columns.map((at) => new Column({
        // by a setter: in a constructor braces would be a binding
        header: new Text({ wrapping: false }).setText(heads[at]),
        hAlign: isNumeric(at) ? "End" : "Begin",
      })),
    });
    const model = new JSONModel(rows.map((row) => Object.fromEntries(row.map((cell, at) => [`c${at}`, cell]))));
    model.setSizeLimit(MOST_ROWS);
    table.setModel(model);
    table.bindItems({
      path: "/",
      template: new ColumnListItem({
        // by parts, so that braces in a cell are never taken for a binding
        cells: columns.map((at) => new Text({ text: { path: `c${at}` }, wrapping: false })),
      }),
      templateShareable: false,
    });
    const label = new InvisibleText().setText(name);
    table.addAriaLabelledBy(label);
    const isCut = !found.isAll || meta.truncated || data.some((row) => row.length > MOST_COLUMNS);
    const note = new Text().setText(text(isCut ? "truncatedTable" : "rows", [rows.length]));
    return new VBox({
      renderType: "Bare",
      items: [
        label,
        note.addStyleClass("sapUiSmallMarginBottom"),
        new ScrollContainer({ horizontal: true, vertical: false, content: table, focusable: true }),
      ],
    });
  }

  return { show };
});
