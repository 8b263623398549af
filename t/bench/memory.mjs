// What a process keeps in memory for itself: /proc/<pid>/smaps without the shared
// zones, which belong to all workers at once: nginx maps its own from /dev/zero,
// jupref's are memory files.  How much of those it has touched is told apart.

import { readFileSync } from 'node:fs';

export function residentMiB(pid) {
  let zone = false;
  let resident = 0;
  let zones = 0;
  let proportional = 0;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) zone = /\/dev\/zero|\/memfd:jupref/.test(line);
    const size = /^(Rss|Pss): +(\d+) kB/.exec(line);
    if (!size) continue;
    if (zone) zones += size[1] === 'Rss' ? Number(size[2]) : 0;
    else if (size[1] === 'Rss') resident += Number(size[2]);
    else proportional += Number(size[2]);
  }
  return { resident: resident / 1024, proportional: proportional / 1024,
    zones: zones / 1024 };
}
