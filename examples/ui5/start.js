sap.ui.define(['sap/ui/core/mvc/XMLView', 'sap/ui/model/odata/v4/ODataModel'], (XMLView, ODataModel) => {
  'use strict';
  // relative: the approuter adds the user's token on the way
  const model = new ODataModel({ serviceUrl: '/catalog/', operationMode: 'Server', autoExpandSelect: true });
  XMLView.create({ viewName: 'example.Documents', models: model }).then(view => view.placeAt(document.body));
});
