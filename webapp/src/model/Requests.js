// The OData model's requests, which go through jQuery: each has a time limit, and the one that failed
// last is remembered, since the model keeps no headers of answers. jQuery tells of it before the model does.
sap.ui.define(["sap/ui/thirdparty/jquery", "./Problem", "./Service"], function (jQuery, Problem, Service) {
  "use strict";

  let last = {};

  /** A batch is answered with 200 even if parts of it failed. */
  function failed({ status, responseText }) {
    return status === 0 || status >= 400 || /^HTTP\/1\.1 [45]/m.test(responseText ?? "");
  }

  jQuery.ajaxSetup({ timeout: Service.PATIENCE_MS });
  jQuery(document).on("ajaxComplete", (event, answer) => {
    if (failed(answer)) {
      last = { correlationId: answer.getResponseHeader("x-correlation-id") ?? "", isLate: answer.statusText === "timeout" };
    }
  });

  /** What was wrong with the model's request that failed last, of which this is the error. */
  return { problemOf: (error) => Problem.ofModel(error, last) };
});
