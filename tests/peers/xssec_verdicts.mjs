// Asks @sap/xssec about tokens: a JSON line {id, kind, token} each in, {id, verdict, rule, said} out.
// A rule is the name of xssec's error; what breaks off without one is "no rule".
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
  let answer = { id, verdict: "accepted", rule: null, said: "" };
  try {
    await createSecurityContext(services[kind], { jwt: token });
  } catch (error) {
    const rule = error instanceof errors.ValidationError ? error.constructor.name : "no rule";
    answer = { id, verdict: "refused", rule, said: String(error.message).slice(0, 200) };
  }
  console.log(JSON.stringify(answer));
}
