// Audio and video: the player asks the service for the parts that it needs.
sap.ui.define(["s3catalog/preview/Source", "s3catalog/preview/Stage"], (Source, Stage) => {
  "use strict";

  const { Unfit } = Source;

  async function show({ kind, name, source }) {
    const player = Object.assign(document.createElement(kind), {
      className: "s3catalogPlayer", controls: true, preload: "metadata", title: name,
    });
    const close = () => {
      player.removeAttribute("src");
      player.load(); // ends the request that fills its buffer
    };
    player.src = source.inline;
    try {
      await new Promise((resolve, reject) => {
        player.onloadedmetadata = resolve;
        player.onerror = reject;
      });
    } catch {
      // the player doesn't say why; a problem of the service is told by the next request
      await source.first(1);
      throw new Unfit("notPlayable");
    }
    return new Stage().setLabel(name).put(player, close);
  }

  return { show };
});
