// How the list and its rows are written, in wide columns and in narrow ones. Mixed into the controller
// of the list.
sap.ui.define(["sap/base/strings/formatMessage"], function (formatMessage) {
  "use strict";

  return {
    /** How many are selected, as some of them may not be seen; it stands in place of how many there are, for which a toolbar has no room besides. */
    titled(title, some, first, selected, count, more) {
      const pattern = more && selected === count ? first : some;
      return selected ? formatMessage(pattern, [this.format.number(selected)]) : title;
    },

    shownName(name, key, deleted, folder) {
      return deleted ? (key ?? "").slice(folder.length) : this.format.name(name);
    },

    /** In a narrow column size and date stand below the name. */
    onPopinChanged(event) {
      const hidden = event.getParameter("hiddenInPopin").map((column) => column.data("key"));
      this.view.setProperty("/hidden", ["size", "lastModified"].filter((key) => hidden.includes(key)));
    },

    details(size, lastModified, hidden) {
      const texts = { size: this.format.size(size), lastModified: this.format.dateTime(lastModified) };
      return hidden.map((key) => texts[key]).filter(Boolean).join(" · ");
    },

    heading(pattern, name, deleted) {
      return deleted ? formatMessage(pattern ?? "", [name]) : name;
    },
  };
});
