// Asks an independent simulator of AWS (npm: @cloud-copilot/iam-simulate) whether each principal may do each thing: reads a list of
// accounts, writes a line a principal with a letter a question (a allowed, d denied, e error).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, file] = process.argv.slice(2);
const found = createRequire(`${folder}/package.json`).resolve('@cloud-copilot/iam-simulate');
const { runSimulation } = await import(pathToFileURL(found));
const lines = [];
for (const { principal, policies, boundary, questions } of JSON.parse(readFileSync(file, 'utf8'))) {
  let line = '';
  for (const [action, resource] of questions) {
    const asked = {
      request: { principal, action, resource: { resource, accountId: '111122223333' }, contextVariables: {} },
      identityPolicies: policies.map((policy, at) => ({ name: `p${at}`, policy })),
      serviceControlPolicies: [], resourceControlPolicies: [],
    };
    if (boundary) asked.permissionBoundaryPolicies = [{ name: 'boundary', policy: boundary }];
    const answer = await runSimulation(asked, {});
    line += answer.resultType === 'error' ? 'e' : answer.overallResult === 'Allowed' ? 'a' : 'd';
  }
  lines.push(line);
}
process.stdout.write(lines.join('\n'));
