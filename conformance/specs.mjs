// Makes one description of each surface of the files of the contract: node specs.mjs FOLDER TARGET
import { readFileSync, writeFileSync } from "node:fs";

const [folder, target] = process.argv.slice(2);
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));
const surfaces = { organization: read("external-api"), user: read("user-api") };
const index = read("index-api");

for (const [path, item] of Object.entries(index.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    const surface = (operation.security ?? []).some((of) => of.bearerAuth) ? surfaces.organization : surfaces.user;
    (surface.paths[path] ??= {})[method] = operation;
  }
}
for (const [name, document] of Object.entries(surfaces)) {
  document.components ??= {};
  for (const kind of ["schemas", "securitySchemes"]) {
    document.components[kind] = { ...index.components?.[kind], ...document.components[kind] };
  }
  delete document.servers; // the suite asks by the paths alone
  writeFileSync(`${target}/${name}.json`, JSON.stringify(document));
}
