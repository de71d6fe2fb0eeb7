// Type, metadata and tags are edited; mixed into the controller of the object page.
sap.ui.define(["sap/m/MessageBox"], function (MessageBox) {
  "use strict";

  const bare = (pairs = []) => pairs.map(({ key, value }) => ({ key, value }));

  return {
    draft({ contentType, metadata, tags }) {
      return { contentType, metadata: bare(metadata), tags: bare(tags) };
    },

    /** What was entered other than it is stored; entries that were left empty are none. */
    changes() {
      const data = this.object.getData();
      const { contentType, metadata, tags } = this.draft(data.draft);
      const filled = (pairs) => pairs
        .map(({ key, value }) => ({ key: key.trim(), value }))
        .filter(({ key, value }) => key || value);
      const entered = { contentType, metadata: filled(metadata), tags: filled(tags) };
      const before = this.draft(data);
      return Object.fromEntries(Object.entries(entered)
        .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));
    },

    isUnsaved() {
      return this.object.getProperty("/edit") && Object.keys(this.changes()).length > 0;
    },

    /** @param {object} [saved] what of it is stored now */
    endEdit(saved) {
      const data = { ...this.object.getData(), ...saved };
      this.object.setData({ ...data, edit: false, draft: this.draft(data) });
    },

    onEdit() {
      this.object.setProperty("/edit", true);
      this.router().stayHere();
      this.byId("layout").setSelectedSection(this.byId("propertiesSection").getId());
      this.focusSoon(() => this.byId("contentType"));
    },

    /** Asks whether to give up what was entered; resolves to the answer. */
    discard() {
      const discard = this.text("discard");
      return new Promise((resolve) => {
        MessageBox.confirm(this.text("discardText"), {
          title: this.text("discardTitle"),
          actions: [discard, MessageBox.Action.CANCEL],
          emphasizedAction: discard,
          initialFocus: MessageBox.Action.CANCEL,
          onClose: (action) => {
            if (action === discard) {
              this.endEdit();
            }
            resolve(action === discard);
          },
        });
      });
    },

    async onCancelEdit() {
      if (!this.isUnsaved()) {
        this.endEdit();
      } else if (!await this.discard()) {
        return;
      }
      this.focusSoon(() => this.byId("edit"));
    },

    // ---- metadata and tags --------------------------------------------------------------------------

    onAddMetadata() {
      this.addPair("metadata");
    },

    onAddTag() {
      this.addPair("tags");
    },

    addPair(name) {
      const path = `/draft/${name}`;
      this.object.setProperty(path, [...this.object.getProperty(path), { key: "", value: "" }]);
      this.focusSoon(() => this.byId(name).getItems().at(-1)?.getCells()[0]);
    },

    onRemovePair(event) {
      const [, , name, index] = event.getSource().getBindingContext("object").getPath().split("/");
      const path = `/draft/${name}`;
      this.object.setProperty(path, this.object.getProperty(path).filter((pair, at) => at !== Number(index)));
      const add = this.byId(name === "tags" ? "addTag" : "addMetadata");
      this.focusSoon(() => this.byId(name).getItems()[index]?.getCells()[2] ?? add);
    },

    onPairTyped(event) {
      const context = event.getSource().getBindingContext("object");
      this.object.setProperty(`${context.getPath()}/wrong`, "");
    },

    /** Marks names that are missing or stand twice; returns the field of the first. */
    mark(list) {
      const pairs = this.object.getProperty(`/draft/${list}`);
      const names = pairs.map(({ key }) => key.trim().toLowerCase());
      const marked = pairs.map((pair, at) => {
        const wrong = names[at] ? names.indexOf(names[at]) !== at && this.text("pairNameTwice")
          : pair.value && this.text("pairNameMissing");
        return { ...pair, wrong: wrong || "" };
      });
      this.object.setProperty(`/draft/${list}`, marked);
      const fields = this.byId(list).getItems().map((item) => item.getCells()[0]).filter((field, at) => marked[at].wrong);
      fields.forEach((field) => this.describe(field));
      return fields[0];
    },

    async onSave() {
      const [wrong] = ["metadata", "tags"].map((list) => this.mark(list)).filter(Boolean);
      if (wrong) {
        this.focusSoon(() => wrong);
        return;
      }
      await this.attempt(async () => {
        const changes = this.changes();
        if (Object.keys(changes).length) {
          const headers = { "If-Match": this.object.getProperty("/@odata.etag"), Prefer: "return=minimal" };
          await this.service().change("PATCH", this.path(), changes, headers);
        }
        this.endEdit(changes);
        this.telling().done("saved");
        await this.changed();
        this.focusSoon(() => this.byId("edit"));
      });
    },
  };
});
