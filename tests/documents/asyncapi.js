// Prints what the parser of AsyncAPI finds wrong in a document: errors, one a line.
const fs = require("node:fs");
const { Parser } = require("@asyncapi/parser");

new Parser().parse(fs.readFileSync(process.argv[2], "utf8")).then(({ document, diagnostics }) => {
  for (const each of diagnostics.filter((found) => found.severity === 0)) {
    console.log(`${each.path.join(".")}: ${each.message}`);
  }
  process.exit(document ? 0 : 1);
});
