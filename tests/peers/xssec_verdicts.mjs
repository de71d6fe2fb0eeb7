// Asks @sap/xssec about tokens: a JSON line {id, kind, token} each in, {id, verdict, said} out.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { IdentityService, XsuaaService, createSecurityContext, errors } =
  createRequire(import.meta.url)(process.env.XSSEC);
const credentials = JSON.parse(process.env.CREDENTIALS);
const services = {
  ias: new IdentityService(credentials.ias),
  xsuaa: new XsuaaService(credentials.xsuaa),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, kind, token } = JSON.parse(line);
  let verdict = "accepted", said = "";
  try {
    await createSecurityContext(services[kind], { jwt: token });
  } catch (error) {
    verdict = "refused";
    said = `${error.name ?? error.constructor.name}: ${error.message}`;
    if (!(error instanceof errors.ValidationError)) said = `not by a rule: ${said}`;
  }
  console.log(JSON.stringify({ id, verdict, said: said.slice(0, 200) }));
}
