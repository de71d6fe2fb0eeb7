// Libraries of others, which are no modules of OpenUI5: UMD bundles under thirdparty/.
sap.ui.define([], () => {
  "use strict";

  /** @returns {Promise<*>} what the bundle would define as this global */
  return function load(name, global) {
    const module = `s3catalog/thirdparty/${name}`;
    sap.ui.loader.config({ shim: { [module]: { amd: true, exports: global } } });
    return new Promise((resolve, reject) => {
      sap.ui.require([module], resolve, reject);
    });
  };
});
