// Audio and video: the player asks the service for the parts that it needs, on some devices only
// when somebody plays it.
sap.ui.define(["s3catalog/preview/Source", "s3catalog/preview/Stage"], (Source, Stage) => {
  "use strict";

  const { Unfit } = Source;

  function show({ kind, name, source, fail }) {
    const player = Object.assign(document.createElement(kind), {
      className: "s3catalogPlayer", controls: true, preload: "metadata", title: name, src: source.inline,
    });
    // the player doesn't say why; a problem of the service is told by the next request
    player.onerror = () => source.first(1).then(() => fail(new Unfit("notPlayable")), fail);
    const close = () => {
      player.onerror = null;
      player.removeAttribute("src");
      player.load(); // ends the request that fills its buffer
    };
    return new Stage().setLabel(name).put(player, close);
  }

  return { show };
});
