// Compiles each schema as AJV does by itself, and strictly; says what it makes of the requests on standard input.
const fs = require("node:fs");
const path = require("node:path");
const Ajv = require("ajv");

const folder = process.argv[2];
for (const name of fs.readdirSync(folder)) {
  const schema = JSON.parse(fs.readFileSync(path.join(folder, name)));
  new Ajv().compile(schema);
  new Ajv({ strict: true, allowUnionTypes: true }).compile(schema);
}
const request = new Ajv().compile(JSON.parse(fs.readFileSync(path.join(folder, "scan-request.json"))));
const cases = JSON.parse(fs.readFileSync(0));
console.log(JSON.stringify(cases.map((each) => request(each))));
