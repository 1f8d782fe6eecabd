// Files with OTLP's JSON, one document or one a line, are sent as an exporter would send them.

import { toast } from "./dom.js";

const SIGNALS = {
  resourceSpans: { path: "/v1/traces", scopes: "scopeSpans", items: "spans", noun: "spans" },
  resourceLogs: { path: "/v1/logs", scopes: "scopeLogs", items: "logRecords", noun: "log records" },
  resourceMetrics: { path: "/v1/metrics", scopes: "scopeMetrics", items: "metrics", noun: "metrics" },
};
const A_REQUEST = 500;
const TO_BE_READ = 8000; // milliseconds

export async function importFiles(input) {
  const sent = {};
  try {
    for (const file of input.files) {
      for (const { path, body, count, noun } of read(file.name, await file.text())) {
        await send(path, body);
        sent[noun] = (sent[noun] ?? 0) + count;
        toast(`${said(sent)} …`, TO_BE_READ);
      }
    }
    toast(`Imported ${said(sent) || "nothing: there is nothing of OTLP in it"}`, TO_BE_READ);
  } catch (error) {
    toast(`${error.message}${said(sent) && `; imported before: ${said(sent)}`}`, TO_BE_READ);
  }
  input.value = ""; // the same file may be chosen again
}

const said = (sent) => Object.entries(sent).map(([noun, count]) => `${count} ${noun}`).join(", ");

function read(name, text) {
  try {
    return [...requests(documents(text))];
  } catch (error) {
    throw new Error(`${name}: expected OTLP's JSON, one document or one a line: ${error.message}`);
  }
}

function documents(text) {
  try {
    return [JSON.parse(text)];
  } catch {
    return text.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line));
  }
}

// Give requests of about 500 items: what a receiver takes, however large the file.
function* requests(documents) {
  for (const [things, { path, scopes, items, noun }] of Object.entries(SIGNALS)) {
    let groups = [];
    let count = 0;
    for (const group of documents.flatMap((document) => [...groupsOf(document.result ?? document, things, scopes, items)])) {
      groups.push(group.resource);
      count += group.count;
      if (count < A_REQUEST) continue;
      yield { path, noun, count, body: { [things]: groups } };
      [groups, count] = [[], 0];
    }
    if (count) yield { path, noun, count, body: { [things]: groups } };
  }
}

function* groupsOf(document, things, scopes, items) {
  for (const resource of document?.[things] ?? []) {
    for (const scope of resource[scopes] ?? []) {
      const all = scope[items] ?? [];
      for (let start = 0; start < all.length; start += A_REQUEST) {
        const part = all.slice(start, start + A_REQUEST);
        yield { count: part.length, resource: { ...resource, [scopes]: [{ ...scope, [items]: part }] } };
      }
    }
  }
}

async function send(path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json();
  const problem = answer.ok ? said.partialSuccess?.errorMessage : said.message;
  if (problem) throw new Error(problem);
}
