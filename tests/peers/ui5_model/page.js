// What UI5 applications do with their OData V4 model, in its default modes. Each case leaves its
// name and what came of it in `window.told`; `window.done` says that there are no more.
window.told = {};

const load = (...modules) =>
  new Promise((resolve, reject) => sap.ui.require(modules, (...found) => resolve(found), reject));
const settled = () => new Promise(resolve => setTimeout(resolve, 300));

async function play() {
  const [ODataModel, Filter, Sorter, Table, Column, ColumnListItem, Text] = await load(
    'sap/ui/model/odata/v4/ODataModel', 'sap/ui/model/Filter', 'sap/ui/model/Sorter',
    'sap/m/Table', 'sap/m/Column', 'sap/m/ColumnListItem', 'sap/m/Text');
  const model = new ODataModel({
    serviceUrl: '/catalog/',
    operationMode: 'Server',
    autoExpandSelect: true,
    earlyRequests: true
  });
  const tell = async (name, ask) => {
    try {
      window.told[name] = await ask();
    } catch (error) {
      window.told[name] = { error: error.message, status: error.status, code: error.error?.code };
    }
  };
  const values = async (binding, ...names) => {
    const contexts = await binding.requestContexts(0, 100);
    const value = context => names.map(name => context.getProperty(name));
    return contexts.map(context => (names.length === 1 ? value(context)[0] : value(context)));
  };

  const cells = ['{id}', '{created}', '{region}'].map(text => new Text({ text }));
  const table = new Table({
    growing: true,
    growingThreshold: 2,
    columns: cells.map(() => new Column()),
    items: {
      path: '/Buckets',
      parameters: { $count: true },
      sorter: new Sorter('name', true),
      template: new ColumnListItem({ cells })
    }
  });
  table.setModel(model);
  table.placeAt('content');
  const binding = table.getBinding('items');
  const received = () => new Promise(resolve => binding.attachEventOnce('dataReceived', resolve));
  const shown = () => table.getItems().map(item => item.getCells()[0].getText());
  await received();
  await settled();
  await tell('a growing table', () => [shown(), binding.getLength()]);
  table._oGrowingDelegate.requestNewPage();
  await settled();
  await tell('one page more', shown);
  const within = new Filter('created', 'BT', '2021-01-01T00:00:00Z', '2025-12-31T00:00:00Z');
  const named = new Filter({ path: 'name', operator: 'Contains', value1: 'PHOTO', caseSensitive: false });
  binding.filter(new Filter({ filters: [named, within], and: true }));
  await received();
  await settled();
  await tell('filtered in the table', shown);

  await tell('a folder', () =>
    values(
      model.bindList("/Buckets('invoices-2026')/objects", null, [new Sorter('objectKey')],
        [new Filter('folder', 'EQ', '01/')], { $count: true, $select: 'objectKey,size' }),
      'objectKey', 'size'));
  await tell('an entity', async () => {
    const { id, region } = await model.bindContext("/Buckets('plant-photos')").requestObject();
    return [id, region];
  });
  await tell('a function', async () => {
    const operation = model.bindContext('/getBuckets(...)');
    await operation.invoke();
    return (await operation.getBoundContext().requestObject()).value.length;
  });
  await tell('a count', () => model.bindProperty('/Buckets/$count').requestValue());
  await tell('columns that Fiori elements would draw', async () => {
    const term = '/Buckets/@com.sap.vocabularies.UI.v1.LineItem';
    return (await model.getMetaModel().requestObject(term)).map(field => field.Value.$Path);
  });
  await tell('a missing entity', () => model.bindContext("/Buckets('nope')").requestObject());
  await tell('an unknown set', () => model.bindList('/Nope').requestContexts());
  await tell('a search', () => values(model.bindList('/Buckets', null, [], [], { $search: 'PHOTOS' }), 'id'));
  await tell('expanded', async () => {
    const parameters = { $select: 'id', $expand: { objects: { $select: 'objectKey' } } };
    const contexts = await model.bindList('/Buckets', null, [], [], parameters).requestContexts(0, 100);
    const rows = contexts.map(context => context.getObject());
    return rows.map(row => [row.id, row.objects.map(object => object.objectKey)]);
  });
  await tell('aggregated', () => {
    const $$aggregation = { group: { region: {} }, aggregate: { newest: { name: 'created', with: 'max' } } };
    return values(model.bindList('/Buckets', null, [], [], { $$aggregation }), 'region', 'newest');
  });
}

sap.ui.require(['sap/ui/core/Core'], Core =>
  Core.ready(() => play().catch(error => (window.told['the page'] = error.stack)).then(() => (window.done = true))));
