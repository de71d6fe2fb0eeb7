// The page as a UI5 component: what lives as long as the page does. Views ask it for the service,
// the session and for telling what went wrong.
sap.ui.define([
  "sap/ui/core/UIComponent",
  "sap/ui/Device",
  "sap/ui/model/json/JSONModel",
  "./model/Appearance",
  "./model/Requests",
  "./model/Service",
  "./model/Session",
  "./controller/Telling",
], function (UIComponent, Device, JSONModel, Appearance, Requests, Service, Session, Telling) {
  "use strict";

  return UIComponent.extend("s3catalog.Component", {
    metadata: { manifest: "json", interfaces: ["sap.ui.core.IAsyncContentCreation"] },

    init() {
      UIComponent.prototype.init.call(this);
      this.setModel(new JSONModel(Device), "device");
      this.setModel(new JSONModel({
        layout: "OneColumn", wide: true, bucket: "", folder: "", key: "",
        buckets: "", list: { bucket: "", folder: "", query: "", deleted: false }, // what addresses say of the lists
      }), "app");
      this.service = new Service(this.catalog());
      this.session = new Session(this.service);
      this.setModel(this.session.model, "session");
      this.telling = new Telling(this);
      addEventListener("unhandledrejection", this.onUnexpected = ({ reason }) => this.tellUnexpected(reason));
      Appearance.followSystem();
      document.body.classList.add(this.getContentDensityClass());
      this.session.begin();
      this.getRouter().initialize();
      for (const sign of ["pointermove", "pointerdown", "keydown"]) {
        document.addEventListener(sign, () => this.prepare(), { once: true, passive: true });
      }
    },

    exit() {
      removeEventListener("unhandledrejection", this.onUnexpected);
    },

    /** As when a part of the page does not come. What the OData model gave up is no failure. */
    tellUnexpected(reason) {
      if (!reason?.canceled) {
        this.telling.failed(reason, () => location.reload());
      }
    },

    /** Where the catalogue is: beside the page, also where SAP Build Work Zone puts it. */
    catalog() {
      const uri = this.getManifestEntry("/sap.app/dataSources/catalog/uri");
      return new URL(this.getManifestObject().resolveUri(uri), document.baseURI).pathname;
    },

    /** Wide touch targets where fingers point, compact ones for mice. */
    getContentDensityClass() {
      return Device.support.touch && !Device.system.desktop ? "sapUiSizeCozy" : "sapUiSizeCompact";
    },

    /** What the second step of a visit needs, fetched when somebody is about to take it. */
    prepare() {
      sap.ui.require(["s3catalog/controller/Objects.controller", "s3catalog/controller/ObjectPage.controller"], () => {}, () => {});
    },
  });
});
