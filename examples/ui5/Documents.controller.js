sap.ui.define(['sap/ui/core/mvc/Controller', 'sap/ui/model/Filter'], (Controller, Filter) => {
  'use strict';
  return Controller.extend('example.Documents', {
    /** The objects of the chosen bucket: the table's path is relative to it. */
    show(event) {
      const bucket = event.getParameter('selectedItem').getBindingContext();
      this.byId('objects').setBindingContext(bucket);
    },

    /** Prefixes of keys are what S3 itself can search for. */
    search(event) {
      const prefix = event.getParameter('query');
      const filters = prefix ? [new Filter('objectKey', 'StartsWith', prefix)] : [];
      this.byId('objects').getBinding('items').filter(filters);
    }
  });
});
