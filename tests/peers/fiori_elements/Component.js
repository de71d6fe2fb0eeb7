// All of the app's code: everything it shows comes from $metadata.
sap.ui.define(['sap/fe/core/AppComponent'], AppComponent =>
  AppComponent.extend('fiori.Component', { metadata: { manifest: 'json' } })
);
