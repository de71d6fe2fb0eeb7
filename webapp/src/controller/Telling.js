// Tells people what happened: a toast that screen readers hear, or a dialog with sentence, remedy
// and correlation id. Nothing that a server sent is shown as it came.
sap.ui.define([
  "sap/m/Button",
  "sap/m/Dialog",
  "sap/m/MessageBox",
  "sap/m/MessageToast",
  "sap/m/Text",
  "sap/m/VBox",
  "sap/ui/core/InvisibleMessage",
  "../model/Problem",
], function (Button, Dialog, MessageBox, MessageToast, Text, VBox, InvisibleMessage, Problem) {
  "use strict";

  class Telling {
    #component;
    /** What is told last: {code, read}. */
    #last;

    constructor(component) {
      this.#component = component;
    }

    get bundle() {
      return this.#component.getModel("i18n").getResourceBundle();
    }

    text(key, values) {
      return this.bundle.getText(key, values);
    }

    /** To screen readers only. */
    announce(key, values) {
      InvisibleMessage.getInstance().announce(this.text(key, values), "Polite");
    }

    done(key, values) {
      MessageToast.show(this.text(key, values), { width: "22rem" });
      this.announce(key, values);
    }

    /** A sentence with what to do, where nothing failed. */
    tell(title, text) {
      MessageBox.information(this.text(text), { title: this.text(title) });
    }

    /**
     * Tells of a failure; resolves when it was read.
     * @param {Error} error anything that was thrown
     * @param {function} again what "Try again" does, if there is such a thing
     */
    failed(error, again) {
      const problem = Problem.of(error);
      if (this.#last?.code === problem.code) {
        return this.#last.read; // a failure rarely comes alone
      }
      const before = this.#last?.read;
      const last = { code: problem.code };
      last.read = (async () => {
        await before;
        await new Promise((resolve) => this.#show(problem, again, resolve));
        if (this.#last === last) {
          this.#last = undefined;
        }
      })();
      this.#last = last;
      return last.read;
    }

    #show(problem, again, resolve) {
      const texts = problem.texts(this.bundle);
      const remedy = new Text().setText(texts.remedy).addStyleClass("sapUiTinyMarginBottom");
      const dialog = new Dialog({
        type: "Message",
        state: "Error",
        contentWidth: "28rem",
        ariaLabelledBy: remedy,
        content: new VBox({ items: [remedy, new Text().setText(texts.id).addStyleClass("fine")] }),
        afterClose: () => {
          dialog.destroy();
          resolve();
        },
      }).setTitle(texts.sentence);
      const act = (key, type, press) => dialog.addButton(new Button({
        text: this.text(key),
        type,
        press: () => {
          dialog.close();
          press?.();
        },
      }));
      if (problem.code === "Unauthenticated") {
        act("signInAgain", "Emphasized", () => location.reload());
      } else if (again) {
        act("tryAgain", "Emphasized", again);
      }
      if (problem.correlationId) {
        dialog.addButton(new Button({ text: this.text("copyId"), press: () => this.copy(problem.correlationId) }));
      }
      act("close", "Default");
      dialog.open();
    }

    async copy(text) {
      try {
        await navigator.clipboard.writeText(text);
        this.done("copied");
      } catch {
        this.done("notCopied");
      }
    }
  }

  return Telling;
});
