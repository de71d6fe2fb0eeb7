// What a TypeScript application does with the services that odata2ts generated.
// Prints one JSON line a case: its name and what came of it.
import fetchClient from '@odata2ts/http-client-fetch';
import generated from './odata2ts/CatalogServiceService.ts';

const { FetchClient } = fetchClient as any;
const { CatalogServiceService } = generated as any;
const headers = { Authorization: `Bearer ${process.env.TOKEN}` };
const service = new CatalogServiceService(new FetchClient({ headers }), `${process.env.SERVICE}/catalog`);
const ids = (rows: any[]) => rows.map(row => row.id);

async function show(name: string, ask: () => Promise<unknown>) {
  try {
    console.log(JSON.stringify([name, await ask()]));
  } catch (error: any) {
    console.log(JSON.stringify([name, { error: error.message }]));
  }
}

await show('all', async () => ids((await service.Buckets().query()).data.value));
await show('filtered, sorted, cut, counted', async () => {
  const { data } = await service.Buckets().query((query: any, bucket: any) =>
    query.filter(bucket.name.contains('s')).orderBy(bucket.created.desc()).top(2).count().select('id'));
  return [ids(data.value), data['@odata.count']];
});
await show('by key', async () => (await service.Buckets('invoices-2026').query()).data.region);
await show('function', async () => ids((await service.getBuckets()).data.value));
await show('a folder', async () => {
  const { data } = await service.Buckets('invoices-2026').objects().query((query: any, object: any) =>
    query.filter(object.folder.eq('01/')));
  return data.value.map((row: any) => row.objectKey);
});
