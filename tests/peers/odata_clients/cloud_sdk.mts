// What a CAP or Node application does with the client that the SAP Cloud SDK generated.
// Prints one JSON line a case: its name and what came of it.
import odata from '@sap-cloud-sdk/odata-v4';
import generated from './cloud-sdk/CatalogService/index.ts';

const { and, asc, contains, desc, filterFunction, startsWith } = odata as any;
const { batch, catalogService } = generated as any;
const destination = { url: process.env.SERVICE };
const authorization = { Authorization: `Bearer ${process.env.TOKEN}` };
const { bucketsApi, objectsApi, operations } = catalogService();
const { ID, NAME, REGION, CREATED } = bucketsApi.schema;
const { BUCKET_ID, FOLDER, OBJECT_KEY } = objectsApi.schema;

const send = (request: any) =>
  request.setBasePath('/catalog').addCustomHeaders(authorization).execute(destination);
const buckets = () => bucketsApi.requestBuilder();
const objects = () => objectsApi.requestBuilder();
const ids = (rows: any[]) => rows.map(row => row.id);
const keys = (rows: any[]) => rows.map(row => row.objectKey);

async function show(name: string, ask: () => Promise<unknown>) {
  try {
    console.log(JSON.stringify([name, await ask()]));
  } catch (error: any) {
    const told = error.rootCause?.response?.data ?? error.stack;
    console.log(JSON.stringify([name, { error: error.message, told }]));
  }
}

await show('all', async () => ids(await send(buckets().getAll())));
await show('filtered, sorted, cut', async () => {
  const wanted = filterFunction('contains', 'boolean', NAME, 's');
  const request = buckets().getAll().filter(and(wanted.equals(true), REGION.notEquals(null)));
  return ids(await send(request.orderBy(desc(CREATED), asc(ID)).select(ID).skip(1).top(2)));
});
await show('by date', async () => {
  const date = (await send(buckets().getByKey('plant-photos'))).created;
  return ids(await send(buckets().getAll().filter(CREATED.lessOrEqual(date)).orderBy(asc(ID))));
});
await show('counted', async () => send(buckets().getAll().setBasePath('/catalog').count()));
await show('by key', async () => (await send(buckets().getByKey('invoices-2026'))).region);
await show('function', async () => ids(await send(operations.getBuckets({}))));
await show('a folder', async () => {
  const inside = and(BUCKET_ID.equals('invoices-2026'), FOLDER.equals('01/'));
  return keys(await send(objects().getAll().filter(inside)));
});
await show('an object', async () => {
  const object = await send(objects().getByKey('invoices-2026', '01/0001.json'));
  return [object.size.toString(), object.versionIdentifier.startsWith('W/"'), object.folder];
});
for (const form of ['relativeToEntity', 'relativeToService', 'absolute']) {
  await show(`a batch, ${form}`, async () => {
    const inside = objects().getAll().filter(BUCKET_ID.equals('plant-photos'), OBJECT_KEY.notEquals(''));
    const requests = [buckets().getAll(), buckets().getByKey('plant-photos'), buckets().getByKey('nope'), inside];
    const sent = batch(...requests.map(it => it.setBasePath('/catalog'))).withSubRequestPathType(form);
    const [all, one, none, last] = await send(sent.addCustomHeaders({ Prefer: 'odata.continue-on-error' }));
    return [ids(all.as(bucketsApi)), ids(one.as(bucketsApi)), none.httpCode, keys(last.as(objectsApi))];
  });
}
