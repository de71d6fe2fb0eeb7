// What uploads show and ask: the panel "Transfers", what to do about an object that is there,
// the file that has to be chosen again, and the sign-in that has ended.
sap.ui.define([
  "sap/m/Button",
  "sap/m/CheckBox",
  "sap/m/Dialog",
  "sap/m/MessageBox",
  "sap/m/MessageToast",
  "sap/m/Text",
  "sap/m/VBox",
  "sap/ui/core/Fragment",
  "sap/ui/core/InvisibleMessage",
  "sap/ui/core/Popup",
  "sap/ui/core/format/DateFormat",
  "sap/ui/core/format/FileSizeFormat",
  "sap/ui/core/library",
  "s3catalog/upload/Entries",
  "s3catalog/upload/Keys",
], (Button, CheckBox, Dialog, MessageBox, MessageToast, Text, VBox, Fragment, InvisibleMessage, Popup, DateFormat, FileSizeFormat,
  coreLibrary, Entries, Keys) => {
  "use strict";

  const { InvisibleMessageMode } = coreLibrary;

  const POLL_MS = 2000;
  /** How long a menu takes to fade away. */
  const CLOSING_MS = 400;
  /** Whatever takes less is told of when it has ended only. */
  const SOON_MS = 1000;
  /** In which a table that got empty is rendered anew. */
  const SETTLED_FRAMES = 20;

  /** Marks questions: the panel stays open below them, and has the focus again when they are answered. */
  const QUESTION = "uploadQuestion";
  Popup.addExternalContent(`.${QUESTION}`);

  class Dialogs {
    #uploads;
    #panel = null;
    #watched = null;
    /** Questions are asked one after another: each begins when the one before is answered. */
    #lastQuestion = Promise.resolve();
    #open = null;
    #signingIn = null;

    constructor(uploads) {
      this.#uploads = uploads;
      this.#announce();
    }

    get #bundle() {
      return this.#uploads.component.getModel("i18n").getResourceBundle();
    }

    #text(key, parameters) {
      return this.#bundle.getText(`upload.${key}`, parameters);
    }

    // ---- the panel -----------------------------------------------------------------------------

    async openPanel(openBy) {
      this.#panel ??= this.#loadPanel();
      const panel = await this.#panel;
      panel.openBy(await placeOf(openBy));
    }

    async #loadPanel() {
      const { component, model } = this.#uploads;
      const panel = await Fragment.load({ id: "transfers", name: "s3catalog.upload.Panel", controller: this });
      panel.setModel(model, "transfers");
      ["i18n", "app"].forEach((name) => panel.setModel(component.getModel(name), name));
      component.getRootControl().addDependent(panel);
      const byId = (id) => Fragment.byId("transfers", id);
      byId("uploader").connect(this.#uploads, () => this.#here());
      byId("transfers").addEventDelegate({ onAfterRendering: () => this.#takeDrops(byId("transfers").getDomRef()) });
      return panel;
    }

    /** The folder that the page shows. */
    #here() {
      const { bucket, folder } = this.#uploads.component.getModel("app").getData();
      return { bucket, folder };
    }

    /** Drops reach the plugin last, so that it sees none: ours may be folders, and keep their handles. */
    #takeDrops(table) {
      if (!table || this.#watched === table) return;
      this.#watched = table;
      table.addEventListener("drop", (event) => {
        if (!Entries.areIn(event.dataTransfer) || !this.#here().bucket) return;
        event.preventDefault();
        event.stopPropagation();
        this.#uploads.addDropped(event.dataTransfer, this.#here());
      }, true);
    }

    onClosed = () => this.#uploads.markSeen();

    /** One button: with two of them the focus would go to a neighbour, which cancels. */
    onToggle = (event) => {
      const { id, canResume } = rowOf(event);
      return canResume ? this.#uploads.resume(id) : this.#uploads.pause(id);
    };

    onEnd = async (event) => {
      const row = rowOf(event);
      const neighbour = this.#neighbour(row.id);
      if (row.isBegun && !(await this.#confirmCancel(row))) return;
      if (row.isEnded) this.#uploads.clear(row.id);
      else await this.#uploads.cancel(row.id);
      this.#focus(neighbour);
    };

    onShow = async (event) => {
      const { bucket, key } = rowOf(event);
      (await this.#panel).close();
      const frame = this.#uploads.component.getRootControl().getController();
      if (key.endsWith("/")) frame.toFolder(bucket, key);
      else frame.toObject(bucket, key);
    };

    /** The id of the transfer below, or else above. */
    #neighbour(id) {
      const rows = this.#items().map((item) => item.getBindingContext("transfers").getProperty("id"));
      const at = rows.indexOf(id);
      return rows[at + 1] ?? rows[at - 1];
    }

    #items() {
      return Fragment.byId("transfers", "transfers").getItems();
    }

    /** The focus goes to this transfer, or else to the table, which is rendered anew when it gets empty. */
    async #focus(id) {
      const { activeElement } = document;
      const isLost = () => [activeElement, document.body].includes(document.activeElement);
      for (let frames = 0; frames < SETTLED_FRAMES; frames += 1) {
        const item = this.#items().find((it) => it.getBindingContext("transfers").getProperty("id") === id);
        const actions = item?.getCells().at(-1);
        if (isLost()) (actions?.getItems().at(-1) ?? Fragment.byId("transfers", "transfers")).focus();
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    }

    /** Resolves with whether what was sent of it shall be thrown away. */
    #confirmCancel({ name }) {
      const [cancel, keep] = [this.#text("cancelIt"), this.#text("keepIt")];
      return new Promise((resolve) => {
        MessageBox.warning(this.#text("cancelText", [name]), {
          title: this.#text("cancelTitle"),
          actions: [cancel, keep],
          emphasizedAction: cancel,
          initialFocus: keep,
          styleClass: QUESTION,
          onClose: (action) => resolve(action === cancel),
        });
      });
    }

    onPauseAll = () => this.#uploads.pauseAll();
    onResumeAll = () => this.#uploads.resumeAll();
    /** The focus does not stay on a button that is of no use now: without it the panel would close. */
    onClear = () => {
      this.#uploads.clear();
      this.#focus();
    };
    onChooseAgain = () => this.chooseAgain();

    /** Tells what a look at the panel would, since it is closed most of the time. */
    #announce() {
      const message = InvisibleMessage.getInstance();
      const { telling } = this.#uploads.component;
      this.#uploads.attachEvent("began", ({ mParameters: { transfers } }) => setTimeout(() => {
        const slow = transfers.filter(({ isEnded, state }) => !isEnded && state !== "asking");
        if (slow.length > 1) telling.done("upload.beganMany", [slow.length]);
        else if (slow.length > 0) telling.done("upload.began", [slow[0].name]);
      }, SOON_MS));
      this.#uploads.attachEvent("finished", ({ mParameters: { done, failed, name, text } }) => {
        if (failed > 0) telling.done("upload.finished", [text]);
        else if (done > 1) telling.done("upload.storedMany", [done]);
        else telling.done("upload.stored", [name]);
      });
      this.#uploads.attachEvent("trouble", ({ mParameters: { name, state } }) => {
        message.announce(`${name}: ${this.#text(`state.${state}`)}`, InvisibleMessageMode.Assertive);
      });
    }

    /** Opens a chooser for files whose upload was begun before the page was loaded anew. */
    chooseAgain() {
      const input = document.createElement("input");
      Object.assign(input, { type: "file", multiple: true, hidden: true });
      input.addEventListener("change", async () => {
        const taken = await this.#uploads.takeAgain([...input.files]);
        input.remove();
        if (taken < input.files.length) MessageToast.show(this.#text("notTheFile"));
      });
      input.addEventListener("cancel", () => input.remove());
      document.body.append(input);
      input.click();
    }

    // ---- conflicts -----------------------------------------------------------------------------

    /** Resolves with {choice: "replace" | "both" | "skip", forAll}. */
    askConflict(transfer, found) {
      const question = this.#lastQuestion.then(() => {
        // answered for all while it waited, or no longer wanted
        if (transfer.batch.choice) return { choice: transfer.batch.choice };
        return transfer.state === "asking" ? this.#ask(transfer, found) : { choice: "skip" };
      });
      this.#lastQuestion = question.catch(() => {});
      return question;
    }

    #ask(transfer, found) {
      const { folder, name } = Keys.split(transfer.key);
      const [there, here] = [
        this.#describe(found.size, found.changed && new Date(found.changed)),
        this.#describe(transfer.size, new Date(transfer.lastModified)),
      ];
      return new Promise((resolve) => {
        const forAll = new CheckBox({ text: this.#text("forAll") });
        let answer = { choice: "skip" };
        const button = (choice, type) => new Button({
          text: this.#text(choice),
          type,
          press: () => {
            answer = { choice, forAll: forAll.getSelected() };
            dialog.close();
          },
        });
        const buttons = [button("both", "Emphasized"), button("replace"), button("skip")];
        const dialog = new Dialog({
          title: this.#text("conflict"),
          type: "Message",
          state: "Warning",
          contentWidth: "32rem",
          content: new VBox({
            items: [
              // by setters: in constructors braces of a name would be a binding
              new Text().setText(this.#text("conflictText", [name, folder.slice(0, -1) || transfer.bucket])),
              new Text().setText(this.#text("conflictThere", [there])).addStyleClass("sapUiSmallMarginTop"),
              new Text().setText(this.#text("conflictHere", [here])),
              new Text().setText(this.#text("bothText", [Keys.numbered(name, 2)]))
                .addStyleClass("sapUiSmallMarginTopBottom"),
              forAll.setVisible(transfer.batch.size > 1),
            ],
          }),
          buttons,
          initialFocus: buttons[0],
          afterClose: () => {
            dialog.destroy();
            resolve(answer);
          },
        }).addStyleClass(QUESTION);
        dialog.open();
      });
    }

    #describe(size, date) {
      const amount = FileSizeFormat.getInstance({ maxFractionDigits: 1 }).format(size);
      if (!date || Number.isNaN(date.getTime())) return amount;
      return `${amount}, ${DateFormat.getDateTimeInstance({ style: "medium" }).format(date)}`;
    }

    // ---- sign-in -------------------------------------------------------------------------------

    /**
     * Resolves with true when somebody is signed in again; uploads and page stay as they are. False
     * if the user wants to do that later.
     */
    signIn() {
      this.#signingIn ??= this.#askToSignIn().finally(() => {
        this.#signingIn = null;
      });
      return this.#signingIn;
    }

    #askToSignIn() {
      return new Promise((resolve) => {
        let other = null;
        const dialog = new Dialog({
          title: this.#text("signedOut"),
          type: "Message",
          state: "Warning",
          content: new Text({ text: this.#text("signedOutText") }),
          beginButton: new Button({
            text: this.#text("signIn"),
            type: "Emphasized",
            // whoever guards the page leads to the login and back
            press: () => {
              other = window.open(new URL("./", document.baseURI).href, "_blank", "popup,width=600,height=700");
            },
          }),
          endButton: new Button({ text: this.#text("later"), press: () => dialog.close() }),
          afterClose: () => {
            clearInterval(poll);
            dialog.destroy();
            resolve(isBack);
          },
        }).addStyleClass(QUESTION);
        let isBack = false;
        const poll = setInterval(async () => {
          // meanwhile "Later" may have been pressed, or an answer that was asked for later have come first
          if (!(await this.#uploads.http.isSignedIn()) || !dialog.isOpen()) return;
          isBack = true;
          other?.close();
          dialog.close();
        }, POLL_MS);
        dialog.open();
      });
    }
  }

  /** Where there is little room the button lies in an overflow menu, which closes as it is pressed. */
  async function placeOf(openBy) {
    const place = openBy.getDomRef();
    if (place && !place.closest(".sapMPopover")) return openBy;
    await new Promise((resolve) => {
      setTimeout(resolve, CLOSING_MS);
    });
    // the menu gave the focus back to its own button
    return document.activeElement;
  }

  function rowOf(event) {
    return event.getSource().getBindingContext("transfers").getObject();
  }

  return Dialogs;
});
