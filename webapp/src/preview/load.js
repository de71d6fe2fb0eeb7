// Libraries of others, which are no modules of OpenUI5: UMD bundles under thirdparty/.
sap.ui.define(["sap/ui/dom/includeScript", "s3catalog/model/Problem"], (includeScript, Problem) => {
  "use strict";

  /** @returns {Promise<*>} what the bundle defines as this global */
  return async function load(name, global) {
    if (!globalThis[global]) {
      try {
        // not by sap.ui.require, which never asks again for what could not be loaded once
        await includeScript({ url: sap.ui.require.toUrl(`s3catalog/thirdparty/${name}.js`) });
      } catch {
        throw new Problem({ code: "Offline" });
      }
    }
    return globalThis[global];
  };
});
