// What was typed is not lost without a question. The router knows no veto, so changes of the address
// are looked at before it reads them; whoever stays gets the address back.
sap.ui.define([], function () {
  "use strict";

  /** The place in the browser's history, where browsers tell it. */
  function place() {
    return globalThis.navigation?.currentEntry?.key;
  }

  class Leaving {
    #router;
    #stay;
    #asking = false;

    /**
     * @param {sap.ui.core.routing.Router} router
     * @param {function} isUnsaved whether there is something to lose
     * @param {function} discard asks; resolves to whether it was given up
     */
    constructor(router, isUnsaved, discard) {
      this.#router = router;
      const parse = router.parse;
      router.parse = (hash) => {
        if (!isUnsaved()) {
          parse.call(router, hash);
        } else if (hash !== this.#stay.hash) {
          this.#ask(discard);
        }
      };
      window.addEventListener("beforeunload", (event) => isUnsaved() && event.preventDefault());
    }

    /** From now on something may be typed here. */
    begin() {
      this.#stay = { hash: this.#router.getHashChanger().getHash(), place: place() };
    }

    async #ask(discard) {
      if (this.#asking) {
        return;
      }
      this.#asking = true;
      const isGivenUp = await discard();
      this.#asking = false;
      const hash = this.#router.getHashChanger().getHash();
      if (isGivenUp) {
        this.#router.parse(hash);
      } else if (hash !== this.#stay.hash) {
        this.#goBack();
      }
    }

    /** Along the history, so that its other entries stay; else by an entry of the same address. */
    #goBack() {
      const replace = () => this.#router.getHashChanger().replaceHash(this.#stay.hash);
      if (!place() || place() === this.#stay.place) {
        replace();
        return;
      }
      const { committed, finished } = globalThis.navigation.traverseTo(this.#stay.place);
      Promise.all([committed, finished]).catch(replace);
    }
  }

  return Leaving;
});
