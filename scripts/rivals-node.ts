// One race in a process of its own: node scripts/rivals-node.ts PATH, started by scripts/rivals.ts, which it tells what happens.
import { race, raceable, starts } from "@tilewright/rivals";
import { likeAPage } from "@tilewright/rivals/node";
import { toText } from "@tilewright/testing";
import { suites } from "../apps/bench-viewer/src/suites.ts";

likeAPage();
process.on("disconnect", () => process.exit(1)); // nobody listens any more
const tell = (message: object) => new Promise((sent) => process.send!(toText(message), sent));
const everyone = starts(suites.map(({ kernel }) => kernel));
const { kernel, kase } = raceable(suites).find(({ path }) => path === process.argv[2])!;
await tell({ race: await race(everyone, kernel, kase, { onProgress: (what) => void tell({ what }) }) });
process.exit(0);
