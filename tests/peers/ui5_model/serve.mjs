// Serves a page with OpenUI5 from npm, hands the service's paths on as an approuter would, and opens
// it in Chromium. Needs MODULES, SERVICE, TOKEN; CHROMIUM if it is not in /usr/bin.
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const { MODULES, SERVICE, TOKEN, CHROMIUM = '/usr/bin/chromium' } = process.env;
export const { chromium } = createRequire(`${MODULES}/`)('playwright-core');
const libraries = ['sap.ui.core', 'sap.m', 'sap.ui.layout', 'sap.ui.unified'];
const roots = libraries.map(name => path.join(MODULES, '@openui5', name, 'src'));
roots.push(path.join(MODULES, '@sapui5', 'sap.suite.ui.commons', 'src'));
const types = { '.js': 'text/javascript', '.json': 'application/json', '.html': 'text/html', '.css': 'text/css' };

function file(folders, url) {
  const name = url === '/' ? 'index.html' : url.replace(/^\/(resources\/)?/, '');
  const found = folders.map(root => path.join(root, name));
  return found.find(it => fs.existsSync(it) && fs.statSync(it).isFile());
}

function forward(request, response) {
  const service = new URL(SERVICE);
  const headers = {
    ...request.headers,
    host: service.host,
    'x-forwarded-host': request.headers.host,
    authorization: `Bearer ${TOKEN}`
  };
  const options = { method: request.method, headers };
  const sent = http.request(SERVICE + request.url, options, answer => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  request.pipe(sent);
}

/** A server of these folders, the service behind it; `made` has texts by their paths. */
export function serve(folders, made = {}) {
  return http.createServer((request, response) => {
    const url = decodeURIComponent(request.url.split('?')[0]);
    if (/^\/(catalog|fileshare)\//.test(url)) return forward(request, response);
    if (url in made) return response.end(made[url]);
    const found = file(folders, url);
    // themes are built from their sources in a release of UI5, the model needs none
    response.writeHead(found ? 200 : 404, { 'content-type': types[path.extname(url || '.html')] ?? 'text/html' });
    return found ? fs.createReadStream(found).pipe(response) : response.end();
  });
}

/** Opens the folder's page and prints as JSON what `ask` finds in it. */
export async function browse(folder, name, ask) {
  const server = serve([folder, ...roots]);
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const own = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    // OpenUI5 comes from npm also where a page names its content delivery network
    await page.route(/^https:\/\/sdk\.openui5\.org\/[\d.]+\//, async route => {
      const path = new URL(route.request().url()).pathname.replace(/^\/[\d.]+/, '');
      await route.fulfill({ response: await page.request.get(own + path) });
    });
    await page.goto(`${own}/${name}`);
    console.log(JSON.stringify(await ask(page)));
  } finally {
    await browser.close();
    server.close();
  }
}
