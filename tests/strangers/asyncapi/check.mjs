// Reads a JSON list of AsyncAPI documents from stdin and prints what AsyncAPI's own parser makes of each, as JSON.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

// the packages lie beside the program that is run, not beside this file
const require = createRequire(`${process.cwd()}/`);
const { Parser } = require('@asyncapi/parser');

async function reading(source) {
  const { document, diagnostics } = await new Parser().parse(source);
  return {
    channels: document?.channels().all().length ?? null,
    messages: document?.allMessages().all().length ?? null,
    diagnostics: diagnostics.map(({ code, message, path }) => ({ code, message, path: path.join('/') })),
  };
}

const readings = [];
for (const source of JSON.parse(await text(process.stdin))) {
  readings.push(await reading(source));
}
console.log(JSON.stringify(readings));
