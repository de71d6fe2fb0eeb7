// Starts this application against a sandbox of the catalogue. READY names the sandbox's ready file.
const { spawn } = require('node:child_process')
const path = require('node:path')

const ready = require(path.resolve(process.env.READY ?? '../../ready.json'))
const { identity } = JSON.parse(ready.environment.VCAP_SERVICES)
// @sap/xssec compares an issuer's host with the domains; that of a sandbox has a port
identity[0].credentials.domains = [new URL(ready.identity.issuer).host]
const credentials = { destination: null, url: ready.service }
const requires = { CatalogService: { credentials }, CatalogContent: { credentials } }

const cap = spawn(path.join(__dirname, 'node_modules/.bin/cds-serve'), {
  stdio: 'inherit',
  cwd: __dirname,
  env: {
    ...process.env,
    NODE_EXTRA_CA_CERTS: ready.ca,
    VCAP_SERVICES: JSON.stringify({ identity }),
    CDS_CONFIG: JSON.stringify({ requires })
  }
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => cap.kill(signal))
cap.on('exit', code => process.exit(code ?? 1))
