// What a list shows instead of rows: that it is empty, that nothing fits, or what is wrong.
sap.ui.define([], function () {
  "use strict";

  /** While an answer is on its way: a word without a picture. */
  function ofLoading(bundle) {
    return { illustration: "sapIllus-BeforeSearch", size: "Base", title: bundle.getText("loading"), text: " ", action: "", does: "" };
  }

  /** For the model of a view: texts, picture and what its button does. */
  function ofProblem(problem, bundle) {
    const texts = problem.texts(bundle);
    const signIn = problem.code === "Unauthenticated";
    return {
      size: "Auto",
      illustration: problem.illustration,
      title: texts.sentence,
      text: [texts.remedy, texts.id].filter(Boolean).join("\n"),
      action: bundle.getText(signIn ? "signInAgain" : "tryAgain"),
      does: signIn ? "signIn" : "retry",
    };
  }

  /** @param {string} name begins the keys of the texts */
  function ofState(name, illustration, bundle, does) {
    return {
      size: "Auto",
      illustration,
      title: bundle.getText(name),
      text: bundle.getText(`${name}Text`),
      action: does ? bundle.getText(does) : "",
      does: does ?? "",
    };
  }

  return { ofLoading, ofProblem, ofState };
});
