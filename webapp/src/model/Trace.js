// Correlation ids of the OData model's requests. The model keeps no headers of answers, and its
// requests go through jQuery, which tells of every answer before the model does.
sap.ui.define(["sap/ui/thirdparty/jquery"], function (jQuery) {
  "use strict";

  let last = "";

  /** A batch is answered with 200 even if parts of it failed. */
  function failed(answer) {
    return answer.status >= 400 || /^HTTP\/1\.1 [45]/m.test(answer.responseText ?? "");
  }

  jQuery(document).on("ajaxComplete", (event, answer) => {
    if (failed(answer)) {
      last = answer.getResponseHeader("x-correlation-id") ?? "";
    }
  });

  /** The id of the request that failed last. */
  return { lastFailure: () => last };
});
