// The router, which may refuse. UI5's routers know no veto, so addresses are looked at before they
// are read: one that can't be decoded leads nowhere (a percent sign that somebody typed is one, and a
// list is found also if it can't be read how it was), and what was typed is not lost without a
// question; whoever stays gets the address back.
sap.ui.define(["sap/f/routing/Router"], function (Router) {
  "use strict";

  const NOWHERE = "unreadable/address/of/nothing";

  /** Whether the parts of an address, which UI5 has decoded once already, can be decoded. */
  function isReadable(hash) {
    try {
      decodeURIComponent(hash);
      return true;
    } catch {
      return false;
    }
  }

  /** The place in the browser's history, where browsers tell it. */
  function place() {
    return globalThis.navigation?.currentEntry?.key;
  }

  return Router.extend("s3catalog.Router", {
    isUnsaved: () => false,

    /**
     * @param {function} isUnsaved whether there is something to lose
     * @param {function} discard asks; resolves to whether it was given up
     */
    guard(isUnsaved, discard) {
      const onUnload = (event) => isUnsaved() && event.preventDefault();
      Object.assign(this, { isUnsaved, discard, onUnload });
      window.addEventListener("beforeunload", onUnload);
    },

    destroy() {
      window.removeEventListener("beforeunload", this.onUnload);
      Router.prototype.destroy.call(this);
    },

    /** From now on something may be typed here. */
    stayHere() {
      this.stay = { hash: this.getHashChanger().getHash(), place: place() };
    },

    parse(hash) {
      if (!this.isUnsaved()) {
        const meant = hash.replace(/%(?![\da-f]{2})/gi, "%25");
        Router.prototype.parse.call(this, [meant, meant.split("?")[0]].find(isReadable) ?? NOWHERE);
      } else if (hash !== this.stay.hash) {
        this.ask();
      }
    },

    async ask() {
      if (this.isAsking) {
        return;
      }
      this.isAsking = true;
      const isGivenUp = await this.discard();
      this.isAsking = false;
      const hash = this.getHashChanger().getHash();
      if (isGivenUp) {
        this.parse(hash);
      } else if (hash !== this.stay.hash) {
        this.goBack();
      }
    },

    /** Along the history, so that its other entries stay; else by an entry of the same address. */
    goBack() {
      const replace = () => this.getHashChanger().replaceHash(this.stay.hash);
      if (!place() || place() === this.stay.place) {
        replace();
        return;
      }
      const { committed, finished } = globalThis.navigation.traverseTo(this.stay.place);
      Promise.all([committed, finished]).catch(replace);
    },
  });
});
